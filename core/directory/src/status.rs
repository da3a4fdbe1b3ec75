//! Account status: the four status attributes and which of them counts (reference schema, §6).

/// What a user may do, after domain and user attributes are taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountStatus {
    /// Mail is delivered, sign-in allowed.
    #[default]
    Active,
    /// For now neither: delivery fails temporarily, sign-in is refused.
    Inactive,
    /// Gone: delivery fails for good, sign-in is refused.
    Deleted,
    /// Mail is kept for later (a temporary failure for the MTA), sign-in is refused.
    Hold,
    /// Switched off by the administrator: delivery fails for good, sign-in is refused.
    Disabled,
    /// The MTA stops delivering (temporary failure); sign-in stays possible.
    OverQuota,
}

impl AccountStatus {
    /// Reads one attribute value. An empty value is active; an unknown word counts as inactive, the careful side.
    pub fn parse(value: &str) -> AccountStatus {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "active" => AccountStatus::Active,
            "deleted" | "removed" => AccountStatus::Deleted,
            "hold" | "defer" => AccountStatus::Hold,
            "disabled" => AccountStatus::Disabled,
            "overquota" => AccountStatus::OverQuota,
            _ => AccountStatus::Inactive,
        }
    }

    /// The first status that is not active wins; the order is inetDomainStatus, mailDomainStatus, inetUserStatus, mailUserStatus.
    pub fn first_restriction(in_order: impl IntoIterator<Item = AccountStatus>) -> AccountStatus {
        in_order.into_iter().find(|status| *status != AccountStatus::Active).unwrap_or_default()
    }

    /// The attribute value that stands for this status.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountStatus::Active => "active",
            AccountStatus::Inactive => "inactive",
            AccountStatus::Deleted => "deleted",
            AccountStatus::Hold => "hold",
            AccountStatus::Disabled => "disabled",
            AccountStatus::OverQuota => "overquota",
        }
    }

    /// Whether the user may sign in.
    pub fn allows_sign_in(self) -> bool {
        matches!(self, AccountStatus::Active | AccountStatus::OverQuota)
    }
}
