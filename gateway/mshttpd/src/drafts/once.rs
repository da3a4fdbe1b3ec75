//! A message goes out once, however often its form is posted: what became of each draft is noted beside its files in the spool, where every process
//! finds it.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use spool::{DraftId, Note, SessionSpool, SpoolError};

use super::form::DraftForm;

/// A message that went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// What the page after it says.
    pub said: String,
    /// What was sent, as a number.
    print: u64,
}

impl Gone {
    /// That `form` went out.
    pub fn new(form: &DraftForm, said: String) -> Self {
        Self { said, print: print(form) }
    }

    /// Whether `form` is that message, posted again.
    pub fn is(&self, form: &DraftForm) -> bool {
        self.print == print(form)
    }
}

fn print(form: &DraftForm) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&form.to, &form.cc, &form.bcc, &form.subject, &form.body).hash(&mut hasher);
    hasher.finish()
}

/// What became of a draft. Whoever sends it holds this meanwhile: a second post waits, and then sees what the first did.
pub struct Slot(Note);

impl Slot {
    /// The place of a draft, once nobody else has it.
    pub async fn of(spool: &SessionSpool, draft: &DraftId) -> Result<Self, SpoolError> {
        spool.note(draft).await.map(Self)
    }

    /// What is known of a draft that is not to be sent now; one that is being sent is waited for.
    pub async fn look(spool: &SessionSpool, draft: &DraftId) -> Result<Option<Gone>, SpoolError> {
        Ok(spool.known_note(draft).await?.map(Self).and_then(|slot| slot.gone()))
    }

    /// What is known. A note that cannot be read says that it went out, and no more.
    pub fn gone(&self) -> Option<Gone> {
        let text = self.0.text();
        let unknown = || Gone { said: "This message was sent already".to_owned(), print: 0 };
        (!text.is_empty()).then(|| serde_json::from_slice(text).unwrap_or_else(|_| unknown()))
    }

    /// Notes that it went out.
    pub async fn went(self, gone: &Gone) -> Result<(), SpoolError> {
        // A struct of strings and numbers always serialises.
        self.0.write(serde_json::to_vec(gone).unwrap_or_default()).await
    }
}
