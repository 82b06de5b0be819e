//! `test-mail`, and delivering from the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Notify, watch};

use super::output::{self, Format};
use super::setup;
use crate::config::{self, Config};
use crate::logging::Role;
use crate::model::{Attempt, Mailbox, sanitize, shorten_addresses, truncate};
use crate::pipeline::{Delivering, Parts, SystemClock, Unrecorded};
use crate::store::{StateLock, Store};

/// The arguments of `test-mail`.
#[derive(Debug, Args)]
pub struct TestArguments {
    /// Instead of the configured recipients
    #[arg(long, value_name = "ADDRESS", value_parser = config::mailbox)]
    to: Vec<Mailbox>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show mail addresses as ma…@example.org, and less of the servers' answers
    #[arg(long)]
    shorten_addresses: bool,
}

#[derive(Serialize)]
struct Sent {
    format: &'static str,
    /// Null where there is no way out.
    via: Option<String>,
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
pub fn run(path: Option<PathBuf>, arguments: TestArguments) -> anyhow::Result<ExitCode> {
    let (mut config, _log) = setup::start(path, Role::Command)?;
    if !arguments.to.is_empty() {
        config.mail.to = arguments.to;
    }
    let mut sent = setup::run(send(config))?;
    if arguments.shorten_addresses {
        for told in &mut sent.results {
            told.to = told.to.shortened();
            told.answer = shortened(&told.answer);
        }
    }
    match arguments.format {
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
    let via = way.description;
    let mail = parts.test_mail(via.as_deref().unwrap_or_default(), Timestamp::now())?;
    // The smarthost would be read there.
    let hint = match via {
        None => setup::no_socket(&parts.config.redis),
        Some(_) => None,
    };
    let mut results = Vec::new();
    for to in &mail.to {
        if let Some(via) = &via {
            output::progress(&format!("sending to {to} through {via}"));
        }
        let (result, mut answer) = match way.transport.send(&mail, to).await {
            Attempt::Sent(answer) => (Verdict::Accepted, answer),
            Attempt::Refused(answer) => (Verdict::Refused, answer),
            Attempt::Failed(answer) => (Verdict::Failed, answer),
        };
        if let Some(hint) = &hint {
            answer = format!("{hint} ({answer})");
        }
        results.push(Told {
            to: to.clone(),
            result,
            answer,
        });
    }
    Ok(Sent {
        format: "ns8-backup-monitor/test-mail/1",
        via,
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
        let by = sent.via.as_ref().map(|via| format!(" by {via}"));
        let by = by.unwrap_or_default();
        sanitize(&format!("{to}: {verdict}{by}: {answer}"))
    };
    let lines: Vec<String> = sent.results.iter().map(line).collect();
    lines.join("\n")
}

/// A server's answer for those who need not know whom it is about.
pub fn shortened(answer: &str) -> String {
    const MOST: usize = 240;
    truncate(&shorten_addresses(answer), MOST)
}

/// What became of mails that a command put into the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// The running service takes care of it.
    left_to_service: bool,
    /// To how many recipients it went out now.
    sent: usize,
    /// For how many it waits for another attempt.
    waiting: usize,
    /// For how many it was given up.
    lost: usize,
}

impl Delivered {
    /// Everything went out, or the running service takes care of it.
    pub fn well(self) -> bool {
        self.waiting + self.lost == 0
    }

    /// In a sentence.
    pub fn told(self) -> String {
        if self.left_to_service {
            return "Queued. The running service delivers it within a few seconds.".to_owned();
        }
        if self.well() {
            let recipients = output::counted(self.sent, "recipient");
            return format!("Delivered to {recipients}.");
        }
        format!(
            "Not everything could be delivered: {} sent, {} that the service will try again \
             when it runs, {} given up. `report show` tells why.",
            self.sent, self.waiting, self.lost
        )
    }
}

/// Delivers what is due in the outbox now, unless a service is running on this
/// state directory: then that one does it.
pub async fn deliver_or_leave(parts: Parts, store: Store) -> anyhow::Result<Delivered> {
    let Some(_lock) = StateLock::try_acquire(&parts.config.state_dir)? else {
        return Ok(Delivered {
            left_to_service: true,
            sent: 0,
            waiting: 0,
            lost: 0,
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
    Ok(Delivered {
        left_to_service: false,
        sent: round.sent,
        waiting: round.waiting,
        lost: round.lost,
    })
}
