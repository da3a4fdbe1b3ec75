//! TLS between our two sides, and who is trusted.

mod handshake;
