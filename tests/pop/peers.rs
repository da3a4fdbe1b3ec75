//! Clients that other people wrote: poplib, curl, fetchmail and mpop fetch, leave, delete, and resume after a cut.
