//! `test-mail`, and delivering from the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Notify, watch};

use super::output::{self, Format};
use super::setup;
use crate::config::{self, Config};
use crate::logging::Role;
use crate::model::{Attempt, Mailbox};
use crate::pipeline::{Delivering, Parts, SystemClock, Unrecorded};
use crate::store::{StateLock, Store};

#[derive(Serialize)]
struct Sent {
    format: &'static str,
    via: String,
    results: Vec<Answer>,
}

#[derive(Serialize)]
struct Answer {
    to: Mailbox,
    accepted: bool,
    answer: String,
}

/// Sends a test mail to `to`, or to every configured recipient, at once and
/// past the outbox, and shows what the server said to each.
pub fn run(path: Option<PathBuf>, to: Vec<String>, format: Format) -> anyhow::Result<ExitCode> {
    let (mut config, _log) = setup::start(path, Role::Command)?;
    if !to.is_empty() {
        config.mail.to = checked(&to)?;
    }
    let sent = setup::block_on(send(config))?;
    let all_accepted = sent.results.iter().all(|answer| answer.accepted);
    match format {
        Format::Json => output::json(&sent)?,
        Format::Text => output::text(&told(&sent)),
    }
    Ok(if all_accepted {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn checked(addresses: &[String]) -> anyhow::Result<Vec<Mailbox>> {
    addresses
        .iter()
        .map(|address| match config::mailbox(address) {
            Ok(mailbox) => Ok(mailbox),
            Err(reason) => bail!("--to: {address:?} {reason}"),
        })
        .collect()
}

async fn send(config: Config) -> anyhow::Result<Sent> {
    let parts = Parts::build(config)?;
    let way = parts.outgoing.open().await;
    let mail = parts.test_mail(&way.description, Timestamp::now())?;
    let mut results = Vec::new();
    for to in &mail.to {
        output::progress(&format!("sending to {to} through {}", way.description));
        let (accepted, answer) = match way.transport.send(&mail, to).await {
            Attempt::Sent(answer) => (true, answer),
            Attempt::Refused(answer) | Attempt::Failed(answer) => (false, answer),
        };
        results.push(Answer {
            to: to.clone(),
            accepted,
            answer,
        });
    }
    Ok(Sent {
        format: "ns8-backup-monitor/test-mail/1",
        via: way.description,
        results,
    })
}

fn told(sent: &Sent) -> String {
    let lines: Vec<String> = sent
        .results
        .iter()
        .map(|result| {
            let verdict = if result.accepted {
                "accepted"
            } else {
                "NOT accepted"
            };
            format!(
                "{}: {verdict} by {}: {}",
                result.to, sent.via, result.answer
            )
        })
        .collect();
    lines.join("\n")
}

/// What became of mails that a command put into the outbox.
pub struct Delivered {
    /// Everything went out, or the running service takes care of it.
    pub well: bool,
    /// In a sentence.
    pub told: String,
}

/// Delivers what is due in the outbox now, unless a service is running on this
/// state directory: then that one does it.
pub async fn deliver_or_leave(parts: Parts, store: Store) -> anyhow::Result<Delivered> {
    let Some(_lock) = StateLock::try_acquire(&parts.config.state_dir)? else {
        return Ok(Delivered {
            well: true,
            told: "Queued. The running service delivers it within a few seconds.".to_owned(),
        });
    };
    output::progress("delivering");
    let (_sender, parts) = watch::channel(Arc::new(parts));
    let delivering = Delivering {
        store,
        parts,
        clock: Arc::new(SystemClock),
        mails: Arc::new(Notify::new()),
        unrecorded: Unrecorded::default(),
    };
    let round = delivering.round().await?;
    let well = round.waiting + round.lost == 0;
    let told = if well {
        format!("Delivered to {} recipients.", round.sent)
    } else {
        format!(
            "Not everything could be delivered: {} sent, {} that the service will try again, \
             {} refused. `report show` tells why.",
            round.sent, round.waiting, round.lost
        )
    };
    Ok(Delivered { well, told })
}
