//! `dev`: a world to try things in, on loopback.
//!
//! 1. Refuse to listen beyond loopback: `dev.json` holds every credential and is all that keeps others out.
//! 2. Start everything but the listener, on a database in the data folder.
//! 3. Make the two tenants, or find them; keep the credentials of the last `dev.json` that still work, make the others anew.
//! 4. Listen, and only then write `dev.json`: whoever sees the file can use the server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use invite_domain::mail::Locale;
use tokio::net::TcpSocket;
use url::Url;

use self::file::DevFile;
use super::failure::Failure;
use super::flags::database;
use super::run::{Backend, Running, prepare_folder, reserve};
use super::signals::Signals;
use super::traffic_flags::TrafficFlags;
use crate::config::{self, Config, Given, Traffic};
use crate::logging::{self, LogFormat, LogSettings};
use crate::mail::{Destination, Sender, SmtpUrl, Templates, smtp_url};
use crate::private_files;
use crate::store::Address;

mod file;
mod world;

/// A week, as in production.
const CHALLENGE_TTL: Duration = Duration::from_secs(7 * 24 * 3600);

/// The command line of `dev`.
#[derive(Debug)]
pub(super) struct DevOptions {
    /// Where to listen; loopback.
    pub(super) listen: SocketAddr,
    /// Where the world lives.
    pub(super) data_dir: PathBuf,
    /// Where the database is, if not in the data folder.
    pub(super) database: Option<String>,
    /// Where to send mails instead of writing them into the mailbox folder.
    pub(super) smtp: Option<String>,
    /// Other limits than the high ones of this world, proxies, how it stops, and metrics.
    pub(super) traffic: TrafficFlags,
}

/// Runs until a signal.
///
/// # Errors
///
/// Everything that keeps the world from starting or from stopping well.
pub(super) async fn dev(options: DevOptions) -> Result<(), Failure> {
    let (listen, held) = free_address(options.listen)?;
    let smtp = options.smtp.as_deref().map(smtp).transpose()?;
    let database = options.database.as_deref().map(|text| database("--database", text)).transpose()?;
    prepare_folder(&options.data_dir)?;
    // Whoever reads `dev.json` may stand in another folder.
    let data_dir = options.data_dir.canonicalize().map_err(|error| {
        Failure::unexpected(&format!("cannot find the data folder {}", options.data_dir.display()), &error)
    })?;
    let flags = options.traffic.into_values().filter_map(|(key, value)| Some((key, value?))).collect();
    let traffic =
        config::load_traffic(&Given { flags, ..Given::default() }, &config::HIGH).map_err(Failure::configuration)?;
    let config = config(listen, &data_dir, database, smtp, traffic)?;
    logging::init(&config.log).map_err(|error| Failure::unexpected("cannot set up logging", &error))?;
    let mailbox = mailbox(&data_dir);
    private_files::create_private(&mailbox).map_err(|error| write_failure(&mailbox, &error))?;

    // The file of a server that runs stays.
    let reservation = reserve(&config).await?;
    let earlier = DevFile::take(&data_dir);
    let backend = Backend::start(&config, reservation).await?;
    let (tenant, other_tenant) = world::prepare(backend.app(), earlier).await?;
    let running = backend.listen(&config).await?;
    drop(held);
    let file = DevFile {
        base_url: base_url(running.local_addr()),
        mailbox: mailbox.display().to_string(),
        tenant,
        other_tenant,
    };
    file.write(&data_dir).map_err(|error| write_failure(&data_dir, &error))?;
    // Whoever cannot read it finds the same in `dev.json`.
    let _ = super::print(&greeting(&file, &data_dir, &running));
    running.until_stopped(Signals::watch()?).await
}

/// Checks that the address is loopback and free, and settles a port if 0 was asked for: links in mails need it before
/// anything listens. Nobody else gets that port as long as the socket is held.
fn free_address(wanted: SocketAddr) -> Result<(SocketAddr, Option<TcpSocket>), Failure> {
    if !wanted.ip().is_loopback() {
        return Err(Failure::mendable(
            format!("dev listens on loopback only, not on {}", wanted.ip()),
            "use 127.0.0.1 or [::1]; `invite-server serve` is the one for others to reach",
        ));
    }
    let bound = || {
        let socket = if wanted.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(wanted)?;
        // Linux lets the server listen beside a socket that only holds the port. Where that is not so it is given up, and if
        // somebody takes it before the server does, the server says so.
        Ok((socket.local_addr()?, cfg!(target_os = "linux").then_some(socket)))
    };
    bound().map_err(|error: std::io::Error| {
        let reason = if error.kind() == std::io::ErrorKind::AddrInUse {
            format!("address {wanted} is in use by another program")
        } else {
            format!("cannot listen on {wanted}: {error}")
        };
        Failure::mendable(reason, "stop that program, or use another address; --listen 127.0.0.1:0 picks a free port")
    })
}

fn smtp(url: &str) -> Result<SmtpUrl, Failure> {
    SmtpUrl::parse(url).map_err(|error| {
        Failure::mendable(format!("--smtp: {error}"), format!("accepted forms: {}", smtp_url::ACCEPTED_FORMS))
    })
}

fn config(
    listen: SocketAddr,
    data_dir: &Path,
    database: Option<Address>,
    smtp: Option<SmtpUrl>,
    traffic: Traffic,
) -> Result<Config, Failure> {
    let public_url = Url::parse(&base_url(listen))
        .map_err(|error| Failure::unexpected("cannot make a URL of the address", &error))?;
    Ok(Config {
        listen,
        tls: None,
        public_url,
        database: database.unwrap_or_else(|| Address::Sqlite(data_dir.join("invite.db"))),
        server_key: data_dir.join("server.key"),
        sender: Sender::for_host("localhost"),
        destination: smtp.map_or_else(|| Destination::Folder(mailbox(data_dir)), Destination::Smtp),
        language: Locale::default(),
        templates: Templates::load(None).map_err(Failure::templates)?,
        challenge_ttl: CHALLENGE_TTL,
        traffic,
        log: LogSettings { level: "info".to_owned(), format: LogFormat::Auto },
        data_dir: data_dir.to_owned(),
    })
}

fn mailbox(data_dir: &Path) -> PathBuf {
    data_dir.join("mailbox")
}

fn base_url(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn write_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::mendable(format!("cannot write {}: {error}", path.display()), "name another folder with --data-dir")
}

/// What a person reads first. No credential stands here: terminals are recorded.
fn greeting(file: &DevFile, data_dir: &Path, running: &Running) -> String {
    let mail = running.mail_destination();
    let mail = if mail.starts_with("folder ") { file.mailbox.as_str() } else { mail };
    let metrics =
        running.metrics_addr().map_or_else(|| "off".to_owned(), |address| format!("http://{address}/metrics"));
    format!(
        "invite-server dev is ready\n\n\
         \x20 URL          {url}\n\
         \x20 reference    {url}/docs\n\
         \x20 mails        {mail}\n\
         \x20 metrics      {metrics}\n\
         \x20 credentials  {json}\n\
         \x20 admin        {admin} (its password is in there, too)\n\n\
         Stop with Ctrl-C; the world stays in {folder}.\n",
        url = file.base_url,
        json = data_dir.join(file::NAME).display(),
        admin = file.tenant.admin.email,
        folder = data_dir.display(),
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
            let failure = free_address(address.parse().unwrap()).unwrap_err();
            assert!(failure.to_string().contains("loopback only"), "{failure}");
            assert_eq!(failure.exit_code(), std::process::ExitCode::from(2));
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_port_that_was_settled_is_the_servers_and_nobody_elses() {
        let (address, held) = free_address("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_ne!(address.port(), 0);
        let other = TcpSocket::new_v4().unwrap();
        assert_eq!(other.bind(address).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
        let server = TcpListener::bind(address).unwrap();
        drop(held);
        assert_eq!(server.local_addr().unwrap(), address);
    }

    #[test]
    fn a_port_in_use_is_told_before_anything_is_touched() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let failure = free_address(taken.local_addr().unwrap()).unwrap_err();
        assert!(failure.to_string().contains("is in use by another program\nhint: "), "{failure}");
    }

    #[test]
    fn a_wrong_smtp_url_is_told_with_the_accepted_forms_and_without_its_password() {
        let failure = smtp("smtp://ann:s3cret@mail.example.com?tls=none").unwrap_err().to_string();
        assert!(
            failure.contains("--smtp: tls=none") && failure.contains("smtps://user:password@host:465"),
            "{failure}"
        );
        assert!(!failure.contains("s3cret"), "{failure}");
    }
}
