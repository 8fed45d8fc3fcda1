//! The table of all that can be set.

/// One key: its name, its default as text, whether it is a secret, what it is.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) default: Option<&'static str>,
    pub(super) secret: bool,
    pub(super) doc: &'static str,
}

const fn key(name: &'static str, default: Option<&'static str>, doc: &'static str) -> Key {
    Key {
        name,
        default,
        secret: false,
        doc,
    }
}

const fn secret(name: &'static str, doc: &'static str) -> Key {
    Key {
        name,
        default: None,
        secret: true,
        doc,
    }
}

/// Every key there is, in the order of the example file.
pub(super) const KEYS: &[Key] = &[
    key(
        "data",
        Some("data"),
        "Folder of the database, the blobs and the certificates.",
    ),
    key(
        "listen",
        Some("127.0.0.1:8080"),
        "Address of the pages and the API. Port 0: any free one.",
    ),
    key(
        "media",
        Some("127.0.0.1:8189"),
        "Address of the media port (UDP). Port 0: any free one.",
    ),
    key(
        "announce",
        Some(""),
        "Addresses or names that viewers are told for the media port, with commas between. Empty: those it listens on.",
    ),
    key(
        "sites",
        Some("127.0.0.1:8443"),
        "Address of the port for sites (TCP, always encrypted, never behind a proxy that ends TLS). Port 0: any free one.",
    ),
    key(
        "sites_host",
        Some(""),
        "Name or address by which sites find that port, with :PORT behind if it is another from outside. Empty: where it listens.",
    ),
    key(
        "release_keys",
        Some(""),
        "Public keys (betang release key) that programs for boxes are signed for, with commas between. Boxes get them when they are let in, and never again from here.",
    ),
    key(
        "rtsp",
        Some(""),
        "Address of the port by which other systems take cameras that are lent to them (RTSP, RTSPS where tls is not off). Empty: none. Port 0: any free one.",
    ),
    key(
        "rtsp_host",
        Some(""),
        "Name or address by which other systems find that port, with :PORT behind if it is another from outside. Empty: that of the pages.",
    ),
    key(
        "tls",
        Some("off"),
        "own: certificates of the house's own CA. off: plain HTTP, for loopback or behind a proxy. Else a folder with cert.pem and key.pem, which may be replaced while the house runs.",
    ),
    key(
        "names",
        Some(""),
        "Names and addresses that the own certificate is for, with commas between. Empty: those of this machine that it listens on.",
    ),
    key(
        "trusted_proxies",
        Some(""),
        "Addresses of proxies whose Forwarded or X-Forwarded-For and -Proto are believed, with commas between.",
    ),
    key(
        "camera_networks",
        Some(""),
        "Networks that cameras may be at whatever they are and at any port, for example 127.0.0.0/8, with commas between. Private and public addresses need no naming; this machine, one cable and what clouds tell their machines are refused.",
    ),
    key(
        "camera_ports",
        Some("554-556,1554,5540-5560,7070,7447,8554-8564,10554-10564"),
        "Ports at which cameras elsewhere are called, with commas between.",
    ),
    key(
        "list_ports",
        Some("80,443,1935,8000,8080,8081,8083,8088,8090,8443,8888,8889,9000"),
        "Ports at which cameras elsewhere are pulled that are lists of pieces (HLS: http and https), with commas between.",
    ),
    key(
        "onvif_ports",
        Some("80,2020,5000,8000,8080,8081,8090,8888,8899"),
        "Ports at which cameras elsewhere are asked by ONVIF, with commas between.",
    ),
    key(
        "lookback_memory_mib",
        Some("256"),
        "Memory for the last 60 seconds of all open cameras together, in MiB; when it is short, the pictures of the camera looked at longest ago go first. A camera of 2 Mbit/s takes 15. 0: nobody can step back.",
    ),
    key(
        "keep_readings_days",
        Some("130"),
        "How long what boxes read each minute is held as it came, days, 45 to 3660; what the ledger has made of it is held for ever. A village has 1,440 records a day.",
    ),
    key(
        "checkpoints",
        Some(""),
        "Folder outside this machine (a mounted share of a witness) that gets a copy of each checkpoint of the audit. It has to be there. Empty: none.",
    ),
    key(
        "checkpoint_program",
        Some(""),
        "Program that is started once a day with the checkpoint on its standard input, to send it to witnesses (e-mail). Empty: none.",
    ),
    secret(
        "database",
        "postgres://… of a PostgreSQL server. Unset: SQLite in the data folder.",
    ),
    key(
        "database_file",
        None,
        "File that holds the value of database.",
    ),
    key(
        "database_schema",
        Some("public"),
        "Schema within the PostgreSQL database.",
    ),
    key(
        "vault_key_file",
        None,
        "File of the master key that seals passwords at rest; keep it out of backups. Unset: beside the data folder, its name with .key behind.",
    ),
    key("province", Some("62"), "Kemendagri code of the province."),
    key(
        "zone",
        Some("Asia/Pontianak"),
        "Time zone whose days, months and deadlines count (IANA name).",
    ),
    key(
        "name",
        Some("Provinsi Kalimantan Tengah"),
        "What the top line calls the house.",
    ),
    key(
        "oidc_issuer",
        Some(""),
        "Address of a provider of identities (OpenID Connect), as it names itself. Empty: none.",
    ),
    key(
        "oidc_client",
        Some(""),
        "Name of this house as a client of that provider.",
    ),
    secret(
        "oidc_secret",
        "Secret of this house as a client of that provider. Unset: it has none.",
    ),
    key(
        "oidc_secret_file",
        None,
        "File that holds the value of oidc_secret.",
    ),
    key(
        "oidc_home",
        Some(""),
        "Address of the pages as browsers see it, for example https://pusat.example. The provider sends people back to its /masuk.",
    ),
    key(
        "oidc_name",
        Some("akun pemerintah"),
        "What the button at the door calls the provider.",
    ),
    key(
        "oidc_scopes",
        Some("openid profile email"),
        "What the provider is asked for; openid is among it.",
    ),
    key(
        "oidc_factors",
        Some(""),
        "Words of acr or amr that count as a second factor, with commas between. Empty: none does.",
    ),
    key(
        "oidc_passwords",
        Some("on"),
        "on: people who are linked may come in by their password, too. off: they may not; the sealed envelope still opens.",
    ),
    secret(
        "admin_password",
        "Password of the user admin, made at the first start. Unset: a one-time link is printed.",
    ),
    key(
        "admin_password_file",
        None,
        "File that holds the value of admin_password.",
    ),
    key(
        "log",
        Some("info"),
        "What is logged: error, warn, info, debug, trace, or a filter like watch=debug,info.",
    ),
];
