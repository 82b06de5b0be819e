//! Short names of what can be wrong with a key: its sentence holds a field's
//! name, and a label must not have values without end.

use crate::model::{Fault, Reason};

/// Every name there is.
pub(super) const ALL: [&str; 21] = [
    "not_a_hash",
    "not_a_set",
    "not_an_object",
    "not_a_status",
    "no_module",
    "no_node_id",
    "no_plan_id",
    "no_destination_id",
    "no_module_id",
    "no_module_id_inside",
    "not_a_schedule",
    "field_missing",
    "field_empty",
    "field_negative",
    "field_too_large",
    "field_not_whole",
    "field_not_a_number",
    "field_in_future",
    "field_not_a_time",
    "field_not_a_result",
    "other",
];

pub(super) fn name(reason: &Reason) -> &'static str {
    match reason {
        Reason::NotAHash => "not_a_hash",
        Reason::NotASet => "not_a_set",
        Reason::NotAnObject => "not_an_object",
        Reason::NotAStatus => "not_a_status",
        Reason::NoModule => "no_module",
        Reason::NoNodeId => "no_node_id",
        Reason::NoPlanId => "no_plan_id",
        Reason::NoDestinationId => "no_destination_id",
        Reason::NoModuleId => "no_module_id",
        Reason::NoModuleIdInside => "no_module_id_inside",
        Reason::NotASchedule => "not_a_schedule",
        Reason::Field(_, fault) => of_field(*fault),
        Reason::Other(_) => "other",
    }
}

fn of_field(fault: Fault) -> &'static str {
    match fault {
        Fault::Missing => "field_missing",
        Fault::Empty => "field_empty",
        Fault::Negative => "field_negative",
        Fault::TooLarge => "field_too_large",
        Fault::NotWhole => "field_not_whole",
        Fault::NotANumber => "field_not_a_number",
        Fault::InFuture => "field_in_future",
        Fault::NotATime => "field_not_a_time",
        Fault::NotAResult => "field_not_a_result",
    }
}
