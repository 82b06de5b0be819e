//! `test-mail`, and delivering from the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Notify, watch};

use super::output::{self, Format};
use super::setup;
use crate::config::Config;
use crate::logging::Role;
use crate::model::{Attempt, Mailbox, sanitize};
use crate::pipeline::{Delivering, Parts, SystemClock, Unrecorded};
use crate::store::{StateLock, Store};

#[derive(Serialize)]
struct Sent {
    format: &'static str,
    via: String,
    results: Vec<Told>,
}

/// What became of one recipient.
#[derive(Serialize)]
struct Told {
    to: Mailbox,
    result: Verdict,
    answer: String,
}

/// What the server made of one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// It took the mail.
    Accepted,
    /// It refused this recipient for good.
    Refused,
    /// Anything else; another attempt may go better.
    Failed,
}

/// Sends a test mail to `to`, or to every configured recipient, at once and
/// past the outbox, and shows what the server said to each.
pub fn run(path: Option<PathBuf>, to: Vec<Mailbox>, format: Format) -> anyhow::Result<ExitCode> {
    let (mut config, _log) = setup::start(path, Role::Command)?;
    if !to.is_empty() {
        config.mail.to = to;
    }
    let sent = setup::run(send(config))?;
    match format {
        Format::Json => output::json(&sent)?,
        Format::Text => output::text(&lines(&sent))?,
    }
    let accepted = |told: &Told| told.result == Verdict::Accepted;
    Ok(if sent.results.iter().all(accepted) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn send(config: Config) -> anyhow::Result<Sent> {
    let parts = Parts::build(config)?;
    let way = parts.outgoing.open().await;
    let mail = parts.test_mail(&way.description, Timestamp::now())?;
    let mut results = Vec::new();
    for to in &mail.to {
        output::progress(&format!("sending to {to} through {}", way.description));
        let (result, answer) = match way.transport.send(&mail, to).await {
            Attempt::Sent(answer) => (Verdict::Accepted, answer),
            Attempt::Refused(answer) => (Verdict::Refused, answer),
            Attempt::Failed(answer) => (Verdict::Failed, answer),
        };
        results.push(Told {
            to: to.clone(),
            result,
            answer,
        });
    }
    Ok(Sent {
        format: "ns8-backup-monitor/test-mail/1",
        via: way.description,
        results,
    })
}

fn lines(sent: &Sent) -> String {
    let line = |result: &Told| {
        let verdict = match result.result {
            Verdict::Accepted => "accepted",
            Verdict::Refused => "REFUSED",
            Verdict::Failed => "NOT SENT",
        };
        let Told { to, answer, .. } = result;
        sanitize(&format!("{to}: {verdict} by {}: {answer}", sent.via))
    };
    let lines: Vec<String> = sent.results.iter().map(line).collect();
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
        clock: Arc::new(SystemClock::default()),
        mails: Arc::new(Notify::new()),
        unrecorded: Unrecorded::default(),
    };
    let round = delivering.round().await?;
    let well = round.waiting + round.lost == 0;
    let told = if well {
        let recipients = output::counted(round.sent, "recipient");
        format!("Delivered to {recipients}.")
    } else {
        format!(
            "Not everything could be delivered: {} sent, {} that the service will try again \
             when it runs, {} given up. `report show` tells why.",
            round.sent, round.waiting, round.lost
        )
    };
    Ok(Delivered { well, told })
}
