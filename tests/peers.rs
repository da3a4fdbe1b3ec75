//! Clients that other people wrote, as they are in Debian, and real mail.

mod corpus;
mod curl;
mod gsasl;
mod imapclient;
mod imaplib;
mod mbsync;
mod mutt;
mod openssl;
