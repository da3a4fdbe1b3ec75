//! Clients that other people wrote, as they are in Debian, and real mail.

mod corpus;
mod curl;
mod imapclient;
mod imaplib;
mod mbsync;
mod openssl;
