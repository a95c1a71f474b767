//! Reasons as the words that programs compare.

use crate::net::client::event::BadKeys;
use crate::net::client::event::FailReason;
use crate::net::client::event::Failure;
use crate::net::client::event::FileFailure;
use crate::net::client::event::FileWait;
use crate::net::client::event::HoldReason;
use crate::net::client::event::OfflineReason;
use crate::net::client::event::ProxyFault;
use crate::net::client::event::Refusal;

pub(super) fn offline(reason: OfflineReason) -> &'static str {
    match reason {
        OfflineReason::UnknownHost => "unknown_host",
        OfflineReason::Unreachable => "unreachable",
        OfflineReason::NoRelay => "no_relay",
        OfflineReason::Lost => "lost",
        OfflineReason::Closed => "closed",
        OfflineReason::Busy => "busy",
        OfflineReason::Private => "private",
        OfflineReason::WrongSecret => "wrong_secret",
        OfflineReason::OnionWithoutProxy => "onion_without_proxy",
        OfflineReason::Proxy(fault) => proxy(fault),
    }
}

fn proxy(fault: ProxyFault) -> &'static str {
    match fault {
        ProxyFault::UnknownHost => "proxy_unknown_host",
        ProxyFault::Unreachable => "proxy_unreachable",
        ProxyFault::Silent => "proxy_silent",
        ProxyFault::HungUp => "proxy_hung_up",
        ProxyFault::NoProxy => "no_proxy",
        ProxyFault::WantsLogin => "proxy_wants_login",
        ProxyFault::WrongLogin => "proxy_wrong_login",
        ProxyFault::OtherLogin => "proxy_other_login",
        ProxyFault::NotAllowed => "proxy_not_allowed",
        ProxyFault::HostUnreachable => "proxy_host_unreachable",
        ProxyFault::Refused => "proxy_refused",
        ProxyFault::TooFar => "proxy_too_far",
        ProxyFault::Unable => "proxy_unable",
        ProxyFault::Failed => "proxy_failed",
    }
}

pub(super) fn bad_keys(reason: BadKeys) -> &'static str {
    match reason {
        BadKeys::Unsigned => "unsigned",
        BadKeys::RolledBack => "rolled_back",
        BadKeys::Doubled => "doubled",
    }
}

pub(super) fn held(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::MailboxFull => "mailbox_full",
        HoldReason::RelayFull => "relay_full",
        HoldReason::TooFast => "too_fast",
        HoldReason::Working => "working",
        HoldReason::TooDear => "too_dear",
    }
}

pub(super) fn failed(reason: FailReason) -> &'static str {
    match reason {
        FailReason::Expired => "expired",
        FailReason::Ended => "ended",
    }
}

pub(super) fn file_wait(wait: FileWait) -> &'static str {
    match wait {
        FileWait::Connection => "connection",
        FileWait::Contact => "contact",
        FileWait::Others => "others",
        FileWait::Relay => "relay",
        FileWait::Disk => "disk",
    }
}

pub(super) fn file_failure(reason: FileFailure) -> &'static str {
    match reason {
        FileFailure::Unreadable => "unreadable",
        FileFailure::NoFile => "no_file",
        FileFailure::TooLarge => "too_large",
        FileFailure::Changed => "changed",
        FileFailure::WrongHash => "wrong_hash",
        FileFailure::Unwritable => "unwritable",
        FileFailure::TooMany => "too_many",
        FileFailure::Lapsed => "lapsed",
        FileFailure::Ended => "ended",
        FileFailure::NoPicture => "no_picture",
        FileFailure::PictureTooLarge => "picture_too_large",
        FileFailure::NoCopy => "no_copy",
    }
}

pub(super) fn failure(reason: Failure) -> &'static str {
    match reason {
        Failure::Disk => "disk",
        Failure::Damaged => "damaged",
    }
}

pub(super) fn refused(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Id(_) => "id",
        Refusal::Invitation(_) => "invitation",
        Refusal::OwnId => "own_id",
        Refusal::AlreadyAdded { .. } => "already_added",
        Refusal::Collides => "collides",
        Refusal::OtherNetwork { .. } => "other_network",
        Refusal::UnknownContact => "unknown_contact",
        Refusal::UnknownMessage => "unknown_message",
        Refusal::EmptyText => "empty_text",
        Refusal::TextTooLong { .. } => "text_too_long",
        Refusal::NoOpenFile => "no_open_file",
        Refusal::IsFile => "is_file",
        Refusal::NoCopies => "no_copies",
        Refusal::TooManyFiles { .. } => "too_many_files",
        Refusal::NotYours => "not_yours",
        Refusal::Ended => "ended",
        Refusal::BadReaction { .. } => "bad_reaction",
        Refusal::BadTimer { .. } => "bad_timer",
        Refusal::TooManyContacts { .. } => "too_many_contacts",
        Refusal::NotTheFingerprint => "not_the_fingerprint",
        Refusal::NoJoinSecret => "no_join_secret",
        Refusal::NothingToTrust => "nothing_to_trust",
        Refusal::NoNetworkYet => "no_network_yet",
    }
}
