//! Whether changes made anywhere reach this process: what IMAP IDLE and NOTIFY stand on (Guide §5.6.1).

use tokio::sync::watch;

/// A process's way to hear of changes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reach(Way);

#[derive(Debug, Clone)]
enum Way {
    Nothing,
    OwnProcess,
    Broker(watch::Receiver<bool>),
}

impl Reach {
    /// Notifications are not configured.
    pub fn nothing() -> Self {
        Self(Way::Nothing)
    }

    /// This process alone changes the store, so its bus hears of everything.
    pub fn own_process() -> Self {
        Self(Way::OwnProcess)
    }

    /// Through the broker, while it is connected.
    pub(crate) fn broker(connected: watch::Receiver<bool>) -> Self {
        Self(Way::Broker(connected))
    }

    /// Whether waiting for changes makes sense: they come now, or will when the broker is back, with what was missed meanwhile.
    pub fn is_configured(&self) -> bool {
        !matches!(self.0, Way::Nothing)
    }

    /// Whether changes come at present.
    pub fn is_up(&self) -> bool {
        match &self.0 {
            Way::Nothing => false,
            Way::OwnProcess => true,
            Way::Broker(connected) => *connected.borrow(),
        }
    }

    /// Returns once changes come, or can never come.
    pub async fn up(&self) {
        if let Way::Broker(connected) = &self.0 {
            // An error says that the client is gone: the process ends.
            let _ = connected.clone().wait_for(|up| *up).await;
        }
    }
}
