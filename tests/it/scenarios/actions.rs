//! The lines of a scenario that say what happens.

use ns8_backup_monitor::model::{NodeId, PlanId, RepoCause};

use super::language::{
    Action, Change, Ending, ModuleBecomes, NewAlert, NewStatus, NodeIs, Place, PlanEdit, Power,
    Runs,
};
use super::parse::{
    When, looks_like_module, module_id, modules, new_plan, node_id, on_node, plan_id,
};
use super::words::{Words, Wrong};

/// Where everything is stored that does not say otherwise.
pub const DESTINATION: &str = "storage";

/// Reads what happens at some time.
pub fn read(text: &str, when: When<'_>, only: Option<&PlanId>) -> Result<Action, Wrong> {
    if let Some(config) = text.strip_prefix("config ") {
        return Ok(Action::Config(config.trim().to_owned()));
    }
    let mut words = Words::of(text)?;
    let first = words.word("something that happens")?;
    let action = match first.as_str() {
        "plan" => plan(&mut words)?,
        "alert" => alert(&mut words, when)?,
        "program" => power(&mut words, None)?,
        "node" => node(&mut words)?,
        "machine" => {
            words.need("reboots")?;
            Action::MachineReboots
        }
        "clock" => clock(&mut words)?,
        "VPN" => Action::Vpn {
            up: is(&mut words, "up", "down")?,
        },
        "Redis" => Action::Redis {
            there: is(&mut words, "back", "away")?,
        },
        "events" => Action::Events {
            arrive: is(&mut words, "arrive", "are lost")?,
        },
        "mail" => {
            words.need("server")?;
            Action::MailServer {
                there: is(&mut words, "back", "away")?,
            }
        }
        "voice" => {
            words.need("is")?;
            let nobody = words.take("nobody");
            Action::Voice((!nobody).then(|| module_id(&mut words)).transpose()?)
        }
        "leader" => {
            words.need("is node")?;
            Action::Leader(node_id(&mut words)?)
        }
        "cluster" => {
            words.need("is")?;
            Action::ClusterUuid(words.word("its UUID")?)
        }
        "destination" => destination(&mut words)?,
        "repository" => {
            words.need("of")?;
            Action::Repository(module_id(&mut words)?, repo_cause(&mut words)?)
        }
        "state" => state(&mut words)?,
        name if name.starts_with("backup-monitor") => power(&mut words, Some(name))?,
        name if looks_like_module(name) => application(name, &mut words, when, only)?,
        _ => return Err(format!("\"{first}\" begins nothing that can happen")),
    };
    words.end()?;
    Ok(action)
}

fn is(words: &mut Words, yes: &str, no: &str) -> Result<bool, Wrong> {
    if words.take(yes) {
        return Ok(true);
    }
    words
        .need(no)
        .map_err(|wrong| format!("{wrong}, or \"{yes}\""))?;
    Ok(false)
}

fn plan(words: &mut Words) -> Result<Action, Wrong> {
    let id = plan_id(words)?;
    if words.take("runs") {
        return runs(id, words);
    }
    let edit = if words.take("created") {
        PlanEdit::Created(new_plan(words)?)
    } else if words.take("deleted") {
        PlanEdit::Deleted
    } else if words.take("enabled") {
        PlanEdit::Enabled(true)
    } else if words.take("disabled") {
        PlanEdit::Enabled(false)
    } else if words.take("moved to") {
        PlanEdit::Schedule(words.quoted("a schedule, as systemd reads it")?)
    } else if words.take("gains") {
        let module = module_id(words)?;
        let node = on_node(words)?;
        PlanEdit::Gains(Place { module, node })
    } else if words.take("loses") {
        PlanEdit::Loses(module_id(words)?)
    } else if words.take("waits to restore") {
        PlanEdit::WaitsToRestore(modules(words)?)
    } else {
        PlanEdit::Unreadable(!is(words, "readable", "unreadable")?)
    };
    Ok(Action::Plan(id, edit))
}

/// `plan 1 runs on node 1: A fails, B takes 3h, without C`.
fn runs(plan: PlanId, words: &mut Words) -> Result<Action, Wrong> {
    let only_on = on_node(words)?;
    let mut changes = Vec::new();
    if words.take(":") {
        loop {
            let without = words.take("without");
            let module = module_id(words)?;
            let change = if without {
                Change::Without
            } else if words.take("fails") {
                Change::Fails
            } else {
                words.need("takes")?;
                Change::Takes(words.duration()?)
            };
            changes.push((module, change));
            if !words.take(",") {
                break;
            }
        }
    }
    Ok(Action::Runs(Runs {
        plan,
        only_on,
        changes,
    }))
}

/// `alert plan 1 on node 2, since 12:00`, `alert without plan`.
fn alert(words: &mut Words, when: When<'_>) -> Result<Action, Wrong> {
    let plan = if words.take("without plan") {
        None
    } else {
        words.need("plan")?;
        Some(plan_id(words)?)
    };
    let resolved = words.take("resolved");
    let node = on_node(words)?.unwrap_or(NodeId(1));
    let since = if words.take(", since") {
        Some(when.moment_of(words)?)
    } else {
        None
    };
    Ok(Action::Alert(NewAlert {
        plan,
        node,
        since,
        resolved,
    }))
}

fn power(words: &mut Words, which: Option<&str>) -> Result<Action, Wrong> {
    let which = which.map(Into::into);
    let what = match words.word("what the program does")?.as_str() {
        "starts" => Power::Starts,
        "stops" => Power::Stops,
        "restarts" => Power::Restarts,
        "is" => {
            words.need("killed while it asks the repositories")?;
            Power::KilledAtNextProbe
        }
        other => {
            return Err(format!(
                "a program starts, stops, restarts, or is killed while it asks the repositories; \
                 not \"{other}\""
            ));
        }
    };
    Ok(Action::Program(which, what))
}

fn node(words: &mut Words) -> Result<Action, Wrong> {
    let id = node_id(words)?;
    if words.take("has a clock") {
        let by = words.duration()?;
        let ahead = is(words, "ahead", "behind")?;
        return Ok(Action::Node(
            id,
            NodeIs::Clock(if ahead { by } else { -by }),
        ));
    }
    let reachable = is(words, "reachable", "unreachable")?;
    Ok(Action::Node(id, NodeIs::Reachable(reachable)))
}

fn clock(words: &mut Words) -> Result<Action, Wrong> {
    words.need("jumps")?;
    let by = words.duration()?;
    let ahead = is(words, "ahead", "back")?;
    Ok(Action::ClockJumps(if ahead { by } else { -by }))
}

fn destination(words: &mut Words) -> Result<Action, Wrong> {
    let named = words.peek().is_some_and(|word| cause_named(word).is_none());
    let name = if named {
        words.word("a destination")?
    } else {
        DESTINATION.to_owned()
    };
    Ok(Action::Destination(name.into(), repo_cause(words)?))
}

fn cause_named(word: &str) -> Option<RepoCause> {
    serde_json::from_value(word.into()).ok()
}

fn repo_cause(words: &mut Words) -> Result<RepoCause, Wrong> {
    let word = words.word("what a repository says")?;
    cause_named(&word).ok_or(format!(
        "\"{word}\" is nothing that a repository says: those are reachable, not_found, \
         wrong_password, locked, busy, forbidden, unreachable, timeout, corrupt, error"
    ))
}

fn state(words: &mut Words) -> Result<Action, Wrong> {
    if words.take("saved") {
        return Ok(Action::StateSaved);
    }
    words.need("restored")?;
    let id = if words.take("as") {
        Some(module_id(words)?)
    } else {
        None
    };
    Ok(Action::StateRestored(id))
}

fn application(
    name: &str,
    words: &mut Words,
    when: When<'_>,
    only: Option<&PlanId>,
) -> Result<Action, Wrong> {
    let module = name.into();
    let next = words.word("what the application does")?;
    let result = match next.as_str() {
        "ok" => Ending::Ok,
        "fails" => Ending::Fails,
        "unreadable" => Ending::Unreadable,
        "stores" => {
            words.need("a snapshot")?;
            return Ok(Action::Snapshot(module));
        }
        _ => return Ok(Action::Module(module, becomes(&next, words)?)),
    };
    let mut status = NewStatus {
        module,
        plan: only.cloned().unwrap_or("1".into()),
        result,
        took: None,
        started: None,
        megabytes: None,
        files: None,
    };
    while words.take(",") {
        if words.take("took") {
            status.took = Some(words.duration()?);
        } else if words.take("started") {
            status.started = Some(when.moment_of(words)?);
        } else if words.take("in plan") {
            status.plan = plan_id(words)?;
        } else {
            let number = words.number("took, started, in plan, or a number of MB or files")?;
            match words.word("MB or files")?.as_str() {
                "MB" => status.megabytes = Some(number),
                "files" => status.files = Some(number),
                other => return Err(format!("MB or files is expected, not \"{other}\"")),
            }
        }
    }
    Ok(Action::Status(status))
}

fn becomes(next: &str, words: &mut Words) -> Result<ModuleBecomes, Wrong> {
    let place_and_id = |words: &mut Words, between: &str| -> Result<_, Wrong> {
        words.need(between)?;
        let node = node_id(words)?;
        words.need("as")?;
        Ok((node, module_id(words)?))
    };
    Ok(match next {
        "removed" => ModuleBecomes::Removed {
            still_named: words.take(", the plan still names it"),
        },
        "moved" => {
            let (node, id) = place_and_id(words, "to node")?;
            ModuleBecomes::Moved { node, id }
        }
        "cloned" => {
            let (node, id) = place_and_id(words, "to node")?;
            ModuleBecomes::Cloned { node, id }
        }
        "restored" => {
            let (node, id) = place_and_id(words, "on node")?;
            ModuleBecomes::Restored { node, id }
        }
        "added" => {
            words.need("on node")?;
            let node = node_id(words)?;
            let no_data = words.take(", needs no backup");
            ModuleBecomes::Added { node, no_data }
        }
        other => {
            return Err(format!(
                "an application is ok, fails, unreadable, stores a snapshot, or is removed, moved, \
                 cloned, restored or added; not \"{other}\""
            ));
        }
    })
}
