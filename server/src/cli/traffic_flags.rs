//! The flags about traffic: limits, proxies, stopping, metrics and traces, which `serve` and `dev` have alike.

use clap::Args;

/// Limits, proxies, stopping, metrics and traces on the command line.
#[derive(Debug, Default, Args)]
pub(crate) struct TrafficFlags {
    /// How many requests are at work at once; as many more wait [default: 512]
    #[arg(long, value_name = "NUMBER")]
    limit_at_once: Option<String>,
    /// How long a request waits for its turn before it is answered 503 [default: 1s]
    #[arg(long, value_name = "TIME")]
    limit_wait: Option<String>,
    /// How long a body may take to arrive; those of imports take up to 16 times as long [default: 10s]
    #[arg(long, value_name = "TIME")]
    limit_arrival: Option<String>,
    /// How many connections are open at once; others wait. For a server without a proxy in front
    /// [default: 4096 with a certificate, else off]
    #[arg(long, value_name = "NUMBER")]
    limit_connections: Option<String>,
    /// How many of them are one client address's; others are closed [default: 256]
    #[arg(long, value_name = "NUMBER")]
    limit_client_connections: Option<String>,
    /// How long a connection may take to begin, or take nothing of its answer [default: 30s]
    #[arg(long, value_name = "TIME")]
    limit_idle: Option<String>,
    /// Requests of one client address, counted by each process [default: 1200/1m]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_client: Option<String>,
    /// Changes by one client address [default: 600/1m]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_changes: Option<String>,
    /// Invitations by one person or program [default: 500/1h]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_inviter: Option<String>,
    /// Invitations into one organization [default: 1000/1h]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_organization: Option<String>,
    /// Mails to one address [default: 20/1d]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_recipient: Option<String>,
    /// Sign-ups with one signup token [default: 500/1h]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_signup_token: Option<String>,
    /// Imports into one organization [default: 20/1h]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_imports: Option<String>,
    /// Failed attempts at passwords and secrets by one client address [default: 100/10m]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_guesses: Option<String>,
    /// Failed attempts at the password of one account by one client address [default: 20/1h]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_account_guesses: Option<String>,
    /// Failed attempts at the password of one account by everybody [default: 200/1h]
    #[arg(long, value_name = "NUMBER/TIME")]
    limit_account: Option<String>,
    /// Proxies in front of the server, by address or network, with commas between them [default: none]
    #[arg(long, value_name = "NETWORKS")]
    proxies_trusted: Option<String>,
    /// The header in which those proxies name the client: x-forwarded-for or forwarded [default: x-forwarded-for]
    #[arg(long, value_name = "HEADER")]
    proxies_header: Option<String>,
    /// How long a server that is to stop goes on, not ready any more, for load balancers to notice [default: 0s]
    #[arg(long, value_name = "TIME")]
    shutdown_notice: Option<String>,
    /// How long a stop waits for requests at work, and then for mails and imports under way [default: 20s]
    #[arg(long, value_name = "TIME")]
    shutdown_deadline: Option<String>,
    /// Where metrics for Prometheus are served, on a listener of their own [default: off]
    #[arg(long, value_name = "ADDR:PORT")]
    metrics_listen: Option<String>,
    /// Collector that spans are sent to by OTLP over HTTP [default: off]
    #[arg(long, value_name = "URL")]
    traces_endpoint: Option<String>,
    /// The share of traces that begin here and are kept, from 0 to 1 [default: 1]
    #[arg(long, value_name = "NUMBER")]
    traces_share: Option<String>,
}

impl TrafficFlags {
    /// The values by the names of their keys.
    pub(crate) fn into_values(self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        [
            ("limits.at_once", self.limit_at_once),
            ("limits.wait", self.limit_wait),
            ("limits.arrival", self.limit_arrival),
            ("limits.connections", self.limit_connections),
            ("limits.client_connections", self.limit_client_connections),
            ("limits.idle", self.limit_idle),
            ("limits.client", self.limit_client),
            ("limits.changes", self.limit_changes),
            ("limits.inviter", self.limit_inviter),
            ("limits.organization", self.limit_organization),
            ("limits.recipient", self.limit_recipient),
            ("limits.signup_token", self.limit_signup_token),
            ("limits.imports", self.limit_imports),
            ("limits.guesses", self.limit_guesses),
            ("limits.account_guesses", self.limit_account_guesses),
            ("limits.account", self.limit_account),
            ("proxies.trusted", self.proxies_trusted),
            ("proxies.header", self.proxies_header),
            ("shutdown.notice", self.shutdown_notice),
            ("shutdown.deadline", self.shutdown_deadline),
            ("metrics.listen", self.metrics_listen),
            ("traces.endpoint", self.traces_endpoint),
            ("traces.share", self.traces_share),
        ]
        .into_iter()
    }
}
