//! The command line: one file per command.
//!
//! Parses arguments, calls the rooms below, prints, and says how it went by an
//! exit code. May import everything.

mod check;
mod config;
mod demo;
mod health;
mod http;
mod mail;
mod output;
mod overview;
mod report;
mod serve;
mod setup;
mod signals;
mod snapshot;
mod state;
mod time;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::config::ConfigErrors;
use crate::model::{Language, ReportId};

const CONFIG_HELP: &str = "\
The configuration file [env: CONFIG_FILE] [default: /etc/ns8-backup-monitor/config.yml]";

const EXAMPLES: &str = "\
Examples:
  ns8-backup-monitor demo
      Show what it does: no cluster and no mail server needed.
  ns8-backup-monitor config example > /etc/ns8-backup-monitor/config.yml
      Start a configuration.
  ns8-backup-monitor config check
      Find every mistake in it.
  ns8-backup-monitor test-mail
      Send a test mail now and show the server's answer.
  ns8-backup-monitor check --plan 1
      Say how the newest run of plan 1 went, now, without a mail.
  ns8-backup-monitor overview
      Show how every plan stands, now.
  ns8-backup-monitor serve
      Run the service.

Exit codes:
  0  it worked; for check: SUCCESS
  1  it did not; for check: PARTIAL
  2  a mistake in the arguments or in the configuration; for check: REPO_FAILURE
  3  check: could not tell, also because of the arguments or configuration;
     overview: nothing could be told; test-mail: a mistake in the configuration";

/// One true mail for every failed NethServer 8 backup run.
#[derive(Debug, Parser)]
#[command(name = "ns8-backup-monitor", version, about, after_help = EXAMPLES)]
struct Arguments {
    #[arg(long, global = true, value_name = "FILE", help = CONFIG_HELP)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: receive alerts, answer them, deliver mails
    Serve {
        /// Write the address that the service listens on to this file
        #[arg(long, value_name = "FILE")]
        address_file: Option<PathBuf>,
    },
    /// Read the cluster, ask the repositories, and say now how the runs went
    Check {
        /// Only this plan; otherwise every enabled plan
        #[arg(long, value_name = "ID")]
        plan: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: output::Format,
        /// Also store the reports and mail them
        #[arg(long, conflicts_with = "snapshot")]
        notify: bool,
        /// Read this snapshot file instead of the cluster; no repository is asked
        #[arg(long, value_name = "FILE")]
        snapshot: Option<PathBuf>,
        /// In which language, en or it, instead of that of the mails; with json
        /// also the words of the mail
        #[arg(long, value_name = "LANGUAGE", value_parser = output::language)]
        language: Option<Language>,
        /// Tell how far it is: with json a line for each step, on the standard
        /// error
        #[arg(long, value_enum, value_name = "FORM", default_value_t, hide_default_value = true,
              num_args = 0..=1, default_missing_value = "json")]
        progress: output::Progress,
    },
    /// Show how everything stands: every plan, what needs attention, what no
    /// plan backs up
    Overview {
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: output::Format,
    },
    /// Send a test mail to every recipient now and show the server's answers
    TestMail(mail::TestArguments),
    /// Check the configuration, or print an example of one
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Look at past reports, or mail one again
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// Copy the database, also while the service writes to it
    State {
        #[command(subcommand)]
        command: StateCommand,
    },
    /// Ask the running service whether it lives (for a container's health check)
    Health(health::HealthArguments),
    /// Show the whole flow on a built-in sample cluster
    Demo,
    /// Write what the program reads from the cluster, without any secret, into
    /// one JSON file (for bug reports)
    Snapshot {
        /// Where to; `-` is the standard output
        #[arg(value_name = "FILE", default_value = "-")]
        output: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Report every mistake and warning; exit code 2 if there is a mistake
    Check,
    /// Print a complete annotated example
    Example,
    /// For programs: read JSON with the text of a configuration, and print its
    /// settings as JSON
    Settings,
    /// For programs: read JSON with the text of a configuration and a change,
    /// and print the new text, or every mistake, as JSON
    Apply,
    /// For programs: print the defaults, and what may be set, as JSON
    Defaults,
}

#[derive(Debug, Subcommand)]
enum StateCommand {
    /// Write a copy that fits together, for a backup: all reports, what is
    /// remembered of every plan, and the mails that wait. Gives up after 9 minutes
    Dump {
        /// Where to; a file that is there is replaced when the copy is whole
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where the database lies; without it the configuration is asked, which
        /// has to be right then
        #[arg(long, value_name = "DIRECTORY")]
        state_dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// The newest reports
    List(report::ListArguments),
    /// One report, and what became of its mails
    Show(report::ShowArguments),
    /// Mail a report again, with today's recipients, language and templates
    Resend {
        /// Its number, as `report list` shows it
        id: i64,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: output::Format,
    },
}

/// Runs the program as its arguments say.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => return usage_problem(&usage),
    };
    let failed = match arguments.command {
        Command::Check { .. } => CHECK_FAILED,
        Command::Overview { .. } => OVERVIEW_FAILED,
        Command::TestMail(_) => TEST_MAIL_FAILED,
        _ => FAILED,
    };
    dispatch(arguments).unwrap_or_else(|problem| {
        output::problem(&problem);
        ExitCode::from(if problem.is::<ConfigErrors>() {
            failed.mistake
        } else {
            failed.other
        })
    })
}

/// The exit codes of a command that failed.
struct Failure {
    /// By a mistake in the arguments or in the configuration.
    mistake: u8,
    other: u8,
}

const FAILED: Failure = Failure {
    mistake: 2,
    other: 1,
};

/// `check` gives 1 and 2 a meaning.
const CHECK_FAILED: Failure = Failure {
    mistake: 3,
    other: 3,
};

/// What a view cannot show is another matter than a mistake of who asks.
const OVERVIEW_FAILED: Failure = Failure {
    mistake: 2,
    other: 3,
};

/// Who sends a test mail to an address has to know which of the two is wrong.
const TEST_MAIL_FAILED: Failure = Failure {
    mistake: 3,
    other: 1,
};

/// Help and version come this way as well.
fn usage_problem(usage: &clap::Error) -> ExitCode {
    let _ = usage.print();
    if usage.use_stderr() {
        let failed = if is_check(std::env::args_os()) {
            CHECK_FAILED
        } else {
            FAILED
        };
        ExitCode::from(failed.mistake)
    } else {
        ExitCode::SUCCESS
    }
}

/// Whether arguments that cannot be understood as a whole are those of `check`.
fn is_check(arguments: impl Iterator<Item = OsString>) -> bool {
    Arguments::command()
        .ignore_errors(true)
        .try_get_matches_from(arguments)
        .is_ok_and(|found| found.subcommand_name() == Some("check"))
}

fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let path = arguments.config;
    match arguments.command {
        Command::Serve { address_file } => serve::run(path, address_file),
        Command::Check {
            plan,
            format,
            notify,
            snapshot,
            language,
            progress,
        } => check::run(
            path,
            check::Request {
                plan: plan.map(Into::into),
                format,
                notify,
                snapshot,
                language,
                progress,
            },
        ),
        Command::Overview { format } => overview::run(path, format),
        Command::TestMail(arguments) => mail::run(path, arguments),
        Command::Config { command } => match command {
            ConfigCommand::Check => config::check(path),
            ConfigCommand::Example => config::example(),
            ConfigCommand::Settings => config::settings(),
            ConfigCommand::Apply => config::apply(),
            ConfigCommand::Defaults => config::defaults(),
        },
        Command::Report { command } => match command {
            ReportCommand::List(arguments) => report::list(path, arguments),
            ReportCommand::Show(arguments) => report::show(path, &arguments),
            ReportCommand::Resend { id, format } => report::resend(path, ReportId(id), format),
        },
        Command::State { command } => match command {
            StateCommand::Dump { file, state_dir } => state::dump(path, state_dir, &file),
        },
        Command::Health(arguments) => health::run(path, &arguments),
        Command::Demo => demo::run(),
        Command::Snapshot { output } => snapshot::run(path, &output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_declared_without_contradiction() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn wrong_arguments_are_known_as_those_of_check() {
        for (line, expected) in [
            ("check --bogus", true),
            ("check --format yaml", true),
            ("--config check check --plan", true),
            ("config check --bogus", false),
            ("--config check serve --bogus", false),
            ("report show check", false),
            ("chekc", false),
            ("", false),
        ] {
            let words = std::iter::once("ns8-backup-monitor").chain(line.split_whitespace());
            assert_eq!(is_check(words.map(OsString::from)), expected, "{line}");
        }
    }
}
