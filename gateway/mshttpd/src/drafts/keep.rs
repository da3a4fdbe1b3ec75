//! Keeping a message while it is written: files carried along go to the spool, the draft to the Drafts folder.

use backends::{Flag, MailboxRef, NewMessage, Role, UidSet};
use futures::StreamExt;
use spool::{DraftId, Limit, NewFile, SpoolFile};
use submission::{Bcc, ComposeOptions, Composed, Draft};

use super::deliver;
use super::form::DraftForm;
use super::start::reference;
use super::view::Files;
use crate::error::ScreenError;
use crate::request::Signed;
use crate::state::AppState;
use crate::views::reader::file_name;

/// A message being written.
pub struct Keeping<'a> {
    /// The service.
    pub state: &'a AppState,
    /// Who writes.
    pub signed: &'a Signed,
    /// Its name in the spool.
    pub draft: &'a DraftId,
}

impl Keeping<'_> {
    /// Its files in the spool.
    pub async fn spooled(&self) -> Result<Vec<SpoolFile>, ScreenError> {
        Ok(self.signed.spool.files(self.draft).await?)
    }

    /// All its files, for the page.
    pub async fn files(&self, form: &DraftForm) -> Result<Files, ScreenError> {
        let mut carried = Vec::new();
        if let Some((mailbox, uid)) = reference(&form.carry_from).filter(|_| !form.carry.is_empty()) {
            let message = self.signed.mail.message(mailbox, uid).await?;
            for section in &form.carry {
                if let Some(part) = message.summary.structure.find(section) {
                    carried.push((file_name(part), section.clone(), part.decoded_size()));
                }
            }
        }
        let files =
            Files::new(self.draft.as_str(), &self.spooled().await?, &carried, self.state.config.now().max_message_size);
        Ok(Files { carry_from: form.carry_from.clone(), ..files })
    }

    /// Copies the files that are still in another message into the spool.
    pub async fn carry(&self, form: &mut DraftForm) -> Result<(), ScreenError> {
        let sections = std::mem::take(&mut form.carry);
        let Some((mailbox, uid)) = reference(&form.carry_from).filter(|_| !sections.is_empty()) else { return Ok(()) };
        let message = self.signed.mail.message(mailbox, uid).await?;
        for section in &sections {
            let Some(part) = message.summary.structure.find(section) else { continue };
            let name = file_name(part);
            let media_type = part.media_type();
            let limit = Limit::message(self.state.config.now().max_message_size);
            let new = NewFile { draft: self.draft, file_name: &name, media_type: &media_type, limit };
            let mut writer = self.signed.spool.create(new).await?;
            let mut bytes = self.signed.mail.decoded((mailbox, message.uid_validity), uid, part).await?;
            while let Some(piece) = bytes.next().await {
                writer.write(&piece?).await?;
            }
            writer.finish().await?;
        }
        form.carry_from = String::new();
        Ok(())
    }

    /// The message as bytes. `unfinished`: recipients that cannot be read are left out, for the Drafts folder.
    pub async fn composed(&self, form: &DraftForm, unfinished: bool) -> Result<(Draft, Composed), Vec<String>> {
        let files = self.signed.spool.files(self.draft).await.map_err(|error| vec![error.user_text()])?;
        let rules = deliver::Rules { unfinished, full_from: self.state.config.now().full_from_header };
        let draft = deliver::draft(form, self.signed, files, &rules)?;
        let id_domain = draft.from.domain();
        let options = ComposeOptions { id_domain: &id_domain, spool: &self.signed.spool };
        let composed = submission::compose(&draft, &options).map_err(|error| vec![error.user_text()])?;
        Ok((draft, composed))
    }

    /// Saves it in the Drafts folder in place of its earlier version, and says so in the form.
    pub async fn save(&self, form: &mut DraftForm) -> Result<(), SaveError> {
        self.carry(form).await?;
        let (_, composed) = self.composed(form, true).await.map_err(SaveError::Problems)?;
        let drafts = self.signed.mail.mailbox_for(Role::Drafts).await.map_err(ScreenError::from)?;
        let new = NewMessage { flags: vec![Flag::Draft, Flag::Seen], received: None, size: composed.size(Bcc::Keep) };
        let place = MailboxRef { name: &drafts, uid_validity: form.draft_validity };
        let kept = self.signed.mail.replace_draft(place, form.draft_uid, &new, composed.reader(Bcc::Keep)).await;
        let kept = match kept {
            // The folder was made anew meanwhile: the earlier version went with it.
            Err(backends::Error::Gone { .. }) => {
                self.signed.mail.append(&drafts, &new, composed.reader(Bcc::Keep)).await
            }
            other => other,
        };
        let kept = kept.map_err(ScreenError::from)?;
        form.draft_uid = kept.uid;
        form.draft_validity = kept.uid_validity;
        self.state.changed(&self.signed.who.key).await;
        Ok(())
    }

    /// Forgets it: spool and saved version.
    pub async fn discard(&self, form: &DraftForm) -> Result<(), ScreenError> {
        self.signed.spool.remove_draft(self.draft).await?;
        if let Some(uid) = form.draft_uid {
            let drafts = self.signed.mail.mailbox_for(Role::Drafts).await?;
            let place = MailboxRef { name: &drafts, uid_validity: form.draft_validity };
            match self.signed.mail.expunge(place, &UidSet::from(uid)).await {
                Ok(()) | Err(backends::Error::Gone { .. } | backends::Error::NoSuchMessage { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.state.changed(&self.signed.who.key).await;
        }
        Ok(())
    }
}

/// Why a draft was not saved.
#[derive(Debug)]
pub enum SaveError {
    /// What the writer can change.
    Problems(Vec<String>),
    /// Everything else.
    Screen(ScreenError),
}

impl From<ScreenError> for SaveError {
    fn from(error: ScreenError) -> Self {
        Self::Screen(error)
    }
}
