use super::*;

const PATH: &str = "mail/uuid";

fn credentials(fields: &[(&str, &str)]) -> Credentials {
    let mut all: Credentials = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)))
        .collect();
    all.entry("password".to_owned())
        .or_insert_with(|| SecretString::from("repo-pw"));
    all
}

fn backend(fields: &[(&str, &str)]) -> Backend {
    Backend::new(&credentials(fields), PATH).unwrap()
}

fn repository(fields: &[(&str, &str)]) -> String {
    let backend = backend(fields);
    assert_eq!(backend.env.get("RESTIC_PASSWORD"), Some("repo-pw"));
    backend.env.get("RESTIC_REPOSITORY").unwrap().to_owned()
}

fn mistake(fields: &[(&str, &str)]) -> String {
    Backend::new(&credentials(fields), PATH)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_local_destination_has_many_spellings() {
    for fields in [
        &[("url", "/srv/repo")][..],
        &[("url", "/srv/repo/")],
        &[("path", "/srv/repo")],
        &[("provider", "fs"), ("path", "/srv/repo")],
        &[("url", "local:/srv/repo")],
        &[("url", "fs:/srv/repo")],
        &[("url", "file:///srv/repo")],
        &[("url", ""), ("path", " /srv/repo")],
    ] {
        assert_eq!(
            repository(fields),
            "local:/srv/repo/mail/uuid",
            "{fields:?}"
        );
    }
    assert_eq!(repository(&[("url", "/")]), "local:/mail/uuid");
    assert_eq!(
        mistake(&[("url", "local:repo")]),
        "its `url` is not an absolute path"
    );
}

#[test]
fn object_stores_take_their_keys_from_the_environment() {
    let s3 = backend(&[
        ("url", "s3:s3.amazonaws.com/bucket"),
        ("aws_access_key_id", "AKIA"),
        ("aws_secret_access_key", "s3-secret"),
        ("aws_default_region", "eu-south-1"),
    ]);
    let of = |name| s3.env.get(name);
    assert_eq!(
        of("RESTIC_REPOSITORY"),
        Some("s3:s3.amazonaws.com/bucket/mail/uuid")
    );
    assert_eq!(of("AWS_ACCESS_KEY_ID"), Some("AKIA"));
    assert_eq!(of("AWS_SECRET_ACCESS_KEY"), Some("s3-secret"));
    assert_eq!(of("AWS_DEFAULT_REGION"), Some("eu-south-1"));

    let keys = [("b2_account_id", "id"), ("b2_account_key", "b2-secret")];
    for (url, expected) in [
        ("b2:bucket", "b2:bucket:mail/uuid"),
        ("b2:bucket:", "b2:bucket:mail/uuid"),
        ("b2:bucket/base", "b2:bucket:base/mail/uuid"),
        ("b2:bucket:base/", "b2:bucket:base/mail/uuid"),
    ] {
        assert_eq!(repository(&[("url", url), keys[0], keys[1]]), expected);
    }
    let azure = [("azure_account_name", "n"), ("azure_account_key", "az")];
    assert_eq!(
        repository(&[("url", "azure:box"), azure[0], azure[1]]),
        "azure:box:mail/uuid"
    );
    assert_eq!(
        repository(&[
            ("provider", "backblaze"),
            ("url", "bucket"),
            keys[0],
            keys[1]
        ]),
        "b2:bucket:mail/uuid"
    );
}

#[test]
fn what_is_missing_is_named() {
    assert!(mistake(&[("url", "s3:h/b")]).starts_with("`aws_access_key_id` is not known"));
    assert!(mistake(&[]).starts_with("`url` is not known"));
    let no_password = [("url", "/srv"), ("password", "")];
    assert!(mistake(&no_password).starts_with("`password` is not known"));
    assert!(mistake(&[("url", "ftp://h/x")]).starts_with("addresses that begin with `ftp`"));
}

#[test]
fn the_gateways_account_goes_into_the_address_percent_encoded() {
    assert_eq!(
        repository(&[
            ("url", "rest:http://127.0.0.1:4694/dest"),
            ("rest_username", "node/1"),
            ("rest_password", "p@ss:w/rd"),
        ]),
        "rest:http://node%2F1:p%40ss%3Aw%2Frd@127.0.0.1:4694/dest/mail/uuid"
    );
    assert_eq!(
        repository(&[
            ("url", "rest:https://u:old@h:8000/"),
            ("rest_username", "n"),
            ("rest_password", "new")
        ]),
        "rest:https://n:new@h:8000/mail/uuid"
    );
    assert_eq!(
        repository(&[("url", "rest:https://u:p@h")]),
        "rest:https://u:p@h/mail/uuid"
    );
}

#[test]
fn sftp_never_asks_and_never_takes_an_option_for_a_host() {
    for (url, repo, ssh) in [
        ("sftp:host:dir", "sftp:host:dir/mail/uuid", "host -s sftp"),
        (
            "sftp:me@host:",
            "sftp:me@host:mail/uuid",
            "-l me host -s sftp",
        ),
        ("sftp:host:/", "sftp:host:/mail/uuid", "host -s sftp"),
        (
            "sftp://me@[::1]:2222//srv",
            "sftp://me@[::1]:2222//srv/mail/uuid",
            "-p 2222 -l me ::1 -s sftp",
        ),
    ] {
        let backend = backend(&[("url", url)]);
        assert_eq!(backend.env.get("RESTIC_REPOSITORY"), Some(repo));
        assert_eq!(
            backend.options,
            [format!(
                "sftp.command=ssh -o BatchMode=yes -o ConnectTimeout=10 {ssh}"
            )]
        );
    }
    for hostile in [
        "sftp:-oProxyCommand=id:x",
        "sftp:a b:x",
        "sftp:h",
        "sftp:-l@h:x",
        "sftp::x",
    ] {
        assert_eq!(
            mistake(&[("url", hostile)]),
            "its `url` is not `sftp:user@host:path`"
        );
    }
}

#[test]
fn rclones_configuration_lies_in_a_private_file_for_the_probes_life() {
    use std::os::unix::fs::PermissionsExt as _;
    let content = "[far]\ntype = b2\nkey = rc-secret\n";
    let backend = backend(&[("url", "rclone:far:base"), ("rclone_config", content)]);
    assert_eq!(
        backend.env.get("RESTIC_REPOSITORY"),
        Some("rclone:far:base/mail/uuid")
    );
    let file = std::path::PathBuf::from(backend.env.get("RCLONE_CONFIG").unwrap());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(backend.masker.clean("key rc-secret"), "key ***");
    drop(backend);
    assert!(!file.exists());
}

#[test]
fn rclones_configuration_may_be_a_path_or_rclones_own() {
    let named = backend(&[
        ("url", "rclone:far:"),
        ("rclone_config", "/etc/rclone.conf"),
    ]);
    assert_eq!(named.env.get("RCLONE_CONFIG"), Some("/etc/rclone.conf"));
    assert_eq!(
        named.env.get("RESTIC_REPOSITORY"),
        Some("rclone:far:mail/uuid")
    );
    assert_eq!(repository(&[("url", "rclone:far")]), "rclone:far:mail/uuid");
}

#[test]
fn smb_and_webdav_go_through_rclone() {
    let smb = backend(&[
        ("url", "smb:share/base"),
        ("smb_host", "10.0.0.2"),
        ("smb_user", "u"),
        ("smb_pass", "smb-secret"),
        ("smb_domain", "D"),
    ]);
    assert_eq!(
        smb.env.get("RESTIC_REPOSITORY"),
        Some("rclone::smb:share/base/mail/uuid")
    );
    assert_eq!(smb.env.get("RCLONE_SMB_HOST"), Some("10.0.0.2"));
    assert_eq!(smb.hide.as_ref().unwrap().variable, "RCLONE_SMB_PASS");
    assert_eq!(smb.env.get("RCLONE_SMB_PASS"), None);

    let webdav = backend(&[("url", "webdav:http://10.5.4.1:4694")]);
    assert_eq!(
        webdav.env.get("RESTIC_REPOSITORY"),
        Some("rclone::webdav:mail/uuid")
    );
    assert_eq!(
        webdav.env.get("RCLONE_WEBDAV_URL"),
        Some("http://10.5.4.1:4694")
    );
    assert!(webdav.hide.is_none());
    let deep = backend(&[
        ("url", "webdav:https://h/dav/base/"),
        ("webdav_user", "u"),
        ("webdav_pass", "p"),
    ]);
    assert_eq!(
        deep.env.get("RESTIC_REPOSITORY"),
        Some("rclone::webdav:dav/base/mail/uuid")
    );
    assert!(deep.hide.is_some());
}

#[test]
fn every_secret_of_the_credentials_is_known_and_none_is_shown() {
    let backend = backend(&[
        ("url", "rest:http://u:ur%6C-secret@h/x"),
        ("aws_secret_access_key", "aws-secret"),
        ("webdav_pass", "dav-secret"),
    ]);
    assert_eq!(
        backend
            .masker
            .clean("repo-pw aws-secret dav-secret ur%6C-secret url-secret"),
        "*** *** *** *** ***"
    );
    let shown = format!("{backend:?}");
    for secret in ["repo-pw", "aws-secret", "dav-secret", "secret@h"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
