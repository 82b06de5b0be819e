//! The ground floor: the words of the program as plain data.
//!
//! Every other room speaks in these types. They hold no connection, no clock
//! and no file; time is a value (`jiff::Timestamp`) that somebody above put in.
//! This room must not import another room, tokio, or any crate that does I/O.

mod alert;
mod by_id;
mod cause;
mod cluster;
mod condition;
mod facts;
mod ids;
mod mail;
mod memory;
mod obstacle;
mod occasion;
mod overview;
mod probe;
mod reachability;
mod reason;
mod remark;
mod report;
mod run;
mod text;
mod uuid;
mod watch;

pub use alert::{Alert, AlertState, InboxEntry, InboxId};
pub use by_id::{ById, Modules, Readings, Unsorted};
pub use cause::{ModuleCause, Outcome, PlanCause, RepoCause, Severity};
pub use cluster::{
    ClusterState, Destination, Layout, Module, Node, Plan, Stamp, Status, StatusReading,
    Unreadable, plan_of_key,
};
pub use condition::{Condition, Motive, Muted, Signature, Told, Trouble};
pub use facts::{Facts, ModuleFacts, ReadFailure, RepositoryFacts, Totals};
pub use ids::{DestinationId, ModuleId, ModuleUuid, NodeId, PlanId, ReportId, RunId};
pub use mail::{
    Attempt, Delivery, DeliveryRecord, Encryption, Language, MailBody, MailId, Mailbox,
    OutgoingMail, RecipientState, SmtpSettings,
};
pub use memory::{CloseReason, Memory, Outage};
pub use obstacle::{CredentialFault, Obstacle};
pub use occasion::Occasion;
pub use overview::{
    Attention, OpenMark, Overview, PlanOverview, RunMark, Standing, UncoveredModule,
};
pub use probe::{Lock, Probe, ProbeMethod, ProbeSet, ProbeTarget, SkipReason};
pub use reachability::Reachability;
pub use reason::{Fault, Reason};
pub use remark::Remark;
pub use report::{
    Advice, AlertLabels, DestinationHealth, DestinationResult, MemberResult, PlanLastRun,
    PlanSummary, Report, ReportKind, StoredReport, Warning,
};
pub use run::{JudgedMember, JudgedRun, RunKind};
pub use text::{sanitize, shorten_addresses, truncate};
pub use watch::{
    ClockMark, DURATIONS, Elapse, HandRun, Identity, LateRun, Lost, ModuleMemory, NewestRun,
    NodeZone, OpenRun, PartMember, PartState, PlanWatch, RunPart, Watch, Watched, WholeWatch,
};
