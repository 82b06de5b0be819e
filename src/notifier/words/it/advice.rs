//! What to do, in Italian.

use crate::model::Advice;

pub(super) fn text(advice: Advice) -> &'static str {
    match advice {
        Advice::CheckDestination => {
            "Verificare che la destinazione sia attiva e raggiungibile dai nodi: servizio, rete, risoluzione dei nomi, certificato."
        }
        Advice::CheckCredentials => {
            "Verificare credenziali e permessi della destinazione (cluster-admin, Backup e ripristino)."
        }
        Advice::CheckPassword => {
            "Confrontare la chiave di crittografia dei dati della destinazione con quella conservata in un luogo sicuro: la destinazione potrebbe essere stata ricreata o importata con un'altra chiave."
        }
        Advice::RemoveLock => {
            "Accertarsi che nessun backup sia in corso, poi rimuovere il lock rimasto, come root sul nodo dell'applicazione."
        }
        Advice::WaitForLock => {
            "In questo momento il repository è in uso. Attendere la fine dell'operazione, poi ricontrollare."
        }
        Advice::CheckRepository => {
            "Il repository è danneggiato: non cancellare nulla e controllarlo, come root sul nodo dell'applicazione."
        }
        Advice::FindRepository => {
            "Il repository non è dove il cluster se lo aspetta: è stato spostato, rinominato o eliminato sulla destinazione?"
        }
        Advice::CheckVpn => {
            "Controllare la VPN del cluster tra i nodi e il leader, come root su un nodo: quando si sono parlati l'ultima volta?"
        }
        Advice::CheckNode => {
            "Controllare il nodo che non risponde: è acceso, e la VPN del cluster lo raggiunge?"
        }
        Advice::CheckTimer => {
            "Verificare, come root sul nodo, se a quell'ora era acceso e se ha un timer per il piano. Se il timer manca, salvare di nuovo il piano senza modifiche (cluster-admin, Backup e ripristino): così si ricreano i timer di tutti i nodi."
        }
        Advice::ReadModuleLog => {
            "Leggere cosa ha scritto l'esecuzione sul nodo dell'applicazione, come root sul nodo oppure in cluster-admin, Log di sistema."
        }
        Advice::CheckRetention => {
            "Nessun dato è andato perso. Leggere nel log del nodo cosa è fallito dopo lo snapshot, poi rieseguire il backup."
        }
        Advice::MoveSchedule => {
            "Due piani salvano la stessa applicazione nello stesso momento: farne partire uno più tardi (cluster-admin, Backup e ripristino)."
        }
        Advice::RunByHand => {
            "Eseguire il piano una volta a mano (cluster-admin, Backup e ripristino, Eseguire il backup ora)."
        }
        Advice::CheckRedis => "Controllare il servizio Redis, come root sul nodo leader.",
        Advice::CheckAlertLabels => {
            "Confrontare le etichette dell'allarme, qui sotto, con i piani in cluster-admin. Se il piano è stato eliminato di proposito, va corretta la regola o il receiver che invia ancora l'allarme."
        }
        Advice::RepairPlan => {
            "Guardare la chiave nominata nell'avviso qui sotto, come root sul nodo leader; aprire il piano e salvarlo di nuovo (cluster-admin, Backup e ripristino), oppure ricrearlo."
        }
        Advice::EnablePlan => {
            "Se il piano deve restare fermo non c'è nulla da fare; altrimenti riabilitarlo (cluster-admin, Backup e ripristino)."
        }
        Advice::WaitForNextRun => {
            "La prossima esecuzione riscrive lo stato danneggiato. Se il problema resta, eseguire il backup a mano."
        }
        Advice::AddApplications => {
            "Il piano non salva nulla: scegliere le applicazioni che deve salvare (cluster-admin, Backup e ripristino)."
        }
        Advice::CheckPlans => {
            "Verificare che i piani previsti siano abilitati e abbiano applicazioni (cluster-admin, Backup e ripristino)."
        }
        Advice::CoverApplications => {
            "Aggiungere a un piano ciò che va salvato (cluster-admin, Backup e ripristino). Un'applicazione che non ne ha bisogno si può contrassegnare, come root sul nodo leader; poi non viene più nominata."
        }
        Advice::ReadReports => "Le mail sui piani che richiedono attenzione dicono cosa fare.",
        Advice::Nothing => "Nulla da fare.",
    }
}
