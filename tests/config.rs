//! Settings: the key table, `msg.conf`, and `configutil` over them.

mod check;
mod configutil;
mod import;
mod key_table;
mod live;
mod msg_conf;
mod reference;
mod values;
