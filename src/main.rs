//! The program `ns8-backup-monitor`.

fn main() -> std::process::ExitCode {
    ns8_backup_monitor::cli::run()
}
