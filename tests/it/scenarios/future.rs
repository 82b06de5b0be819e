//! Statuses of clocks that run far ahead.

use jiff::Timestamp;
use ns8_backup_monitor::model::{
    Fault, ModuleId, NodeId, PlanId, Reason, StatusReading, Unreadable,
};

use super::world::later;

/// As `cluster` reads a status whose time lies more than an hour ahead.
pub fn disbelieve(plan: &PlanId, module: &ModuleId, reading: &mut StatusReading, now: Timestamp) {
    let Some(status) = reading.status() else {
        return;
    };
    let limit = later(now, 3600);
    let field = match (status.start > limit, status.end > limit) {
        (true, _) => "start",
        (_, true) => "end",
        _ => return,
    };
    let node = status.node.unwrap_or(NodeId(1));
    *reading = StatusReading::Unreadable(Unreadable {
        stamp: reading.stamp(),
        ..Unreadable::new(
            format!("node/{node}/backup_status/{plan} {module}"),
            Reason::Field(field.into(), Fault::InFuture),
        )
    });
}
