//! The envelope as stored: ten members in IMAP's order (RFC 3501 §7.4.2).

use super::reader::Reader;
use crate::Address;

/// A borrowed envelope. `None` is NIL (the field is absent), an empty slice the empty string.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnvelopeRef<'a> {
    /// The Date field, unfolded.
    pub date: Option<&'a [u8]>,
    /// The Subject field, unfolded, still with its encoded words.
    pub subject: Option<&'a [u8]>,
    /// From.
    pub from: AddressList<'a>,
    /// Sender; From where that is absent or empty.
    pub sender: AddressList<'a>,
    /// Reply-To; From where that is absent or empty.
    pub reply_to: AddressList<'a>,
    /// To.
    pub to: AddressList<'a>,
    /// Cc.
    pub cc: AddressList<'a>,
    /// Bcc.
    pub bcc: AddressList<'a>,
    /// The In-Reply-To field, unfolded.
    pub in_reply_to: Option<&'a [u8]>,
    /// The Message-ID field, unfolded.
    pub message_id: Option<&'a [u8]>,
}

impl<'a> EnvelopeRef<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        Self::try_read(bytes).unwrap_or_default()
    }

    fn try_read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let date = reader.nstring()?;
        let subject = reader.nstring()?;
        let mut lists = [AddressList::default(); 6];
        for list in &mut lists {
            *list = AddressList { reader: Reader::new(reader.string()?) };
        }
        let [from, sender, reply_to, to, cc, bcc] = lists;
        let in_reply_to = reader.nstring()?;
        let message_id = reader.nstring()?;
        let or_from = |list: AddressList<'a>| if list.is_empty() { from } else { list };
        Some(Self {
            date,
            subject,
            from,
            sender: or_from(sender),
            reply_to: or_from(reply_to),
            to,
            cc,
            bcc,
            in_reply_to,
            message_id,
        })
    }
}

/// Addresses of one header field, in order, with group marks; an empty list is NIL in an ENVELOPE.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressList<'a> {
    reader: Reader<'a>,
}

impl AddressList<'_> {
    /// True where the field is absent or holds no address.
    pub fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }
}

impl<'a> Iterator for AddressList<'a> {
    type Item = Address<'a>;

    fn next(&mut self) -> Option<Address<'a>> {
        if self.reader.is_empty() {
            return None;
        }
        Some(Address {
            name: self.reader.nstring()?,
            adl: self.reader.nstring()?,
            mailbox: self.reader.nstring()?,
            host: self.reader.nstring()?,
        })
    }
}
