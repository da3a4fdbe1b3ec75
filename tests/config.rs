//! Settings: the key table, `msg.conf`, and `configutil` over them.

mod configutil;
mod key_table;
mod msg_conf;
