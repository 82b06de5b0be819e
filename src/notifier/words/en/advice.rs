//! What to do, in English.

use crate::model::Advice;

pub(super) fn text(advice: Advice) -> &'static str {
    match advice {
        Advice::CheckDestination => {
            "Check that the destination is up and can be reached from the nodes: service, network, name resolution, certificate."
        }
        Advice::CheckCredentials => {
            "Check the destination's credentials and permissions (cluster-admin, Backup and restore)."
        }
        Advice::CheckPassword => {
            "Compare the destination's data encryption key in the cluster with the one you keep in a safe place: the destination may have been created anew or imported with another key."
        }
        Advice::RemoveLock => {
            "Make sure that no backup is running. Then remove the stale lock, as root on the application's node."
        }
        Advice::WaitForLock => {
            "Something is working on the repository right now. Wait until it has ended, then look again."
        }
        Advice::CheckRepository => {
            "The repository is damaged: delete nothing, and check it, as root on the application's node."
        }
        Advice::FindRepository => {
            "The repository is not where the cluster expects it: was it moved, renamed or deleted at the destination?"
        }
        Advice::CheckVpn => {
            "Check the cluster's VPN between the nodes and the leader, as root on a node: when did they last speak to each other?"
        }
        Advice::CheckNode => {
            "Look at the node that does not answer: is it running, and does the cluster's VPN reach it?"
        }
        Advice::CheckTimer => {
            "Check on the node whether it was running at that time and has a timer for the plan, as root there. If the timer is missing, save the plan again without a change (cluster-admin, Backup and restore): that sets the timers of all nodes anew."
        }
        Advice::ReadModuleLog => {
            "Read what the run wrote on the application's node, as root there or in cluster-admin, System logs."
        }
        Advice::CheckRetention => {
            "No data is missing. Read in the node's log what failed after the snapshot, and run the backup again."
        }
        Advice::MoveSchedule => {
            "Two plans back up the same application at the same time: let one of them start later (cluster-admin, Backup and restore)."
        }
        Advice::RunByHand => {
            "Run the plan once by hand (cluster-admin, Backup and restore, Run backup now)."
        }
        Advice::CheckRedis => "Check the Redis service, as root on the leader node.",
        Advice::CheckAlertLabels => {
            "Compare the alert's labels below with the plans in cluster-admin. If the plan was deleted on purpose, the rule or receiver that still sends this alert needs correction."
        }
        Advice::RepairPlan => {
            "Look at the key that the warning below names, as root on the leader node; open the plan and save it again (cluster-admin, Backup and restore), or make it anew."
        }
        Advice::EnablePlan => {
            "If the plan is meant to rest, there is nothing to do; else switch it on again (cluster-admin, Backup and restore)."
        }
        Advice::WaitForNextRun => {
            "The next run writes the damaged status anew. If it stays so, run the backup by hand."
        }
        Advice::AddApplications => {
            "The plan backs up nothing: choose the applications that it should back up (cluster-admin, Backup and restore)."
        }
        Advice::CheckPlans => {
            "Check that the plans that should run are switched on and have applications (cluster-admin, Backup and restore)."
        }
        Advice::CoverApplications => {
            "Add what needs a backup to a plan (cluster-admin, Backup and restore). An application that needs none can be flagged, as root on the leader node; then it is not named again."
        }
        Advice::ReadReports => "The mails on the plans that need attention say what to do.",
        Advice::Nothing => "Nothing to do.",
    }
}
