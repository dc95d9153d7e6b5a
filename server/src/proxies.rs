//! Whose request it is that a proxy hands on.
//!
//! Anybody can write `X-Forwarded-For`, so it counts only from proxies that the configuration names, and of the addresses
//! in it only those that such proxies wrote: read from its end, the first address that is no proxy is the client. One header
//! is read and no other, for a proxy that writes one hands on whatever its client wrote into another.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use http::HeaderMap;
use ipnet::{IpNet, Ipv6Net};

/// How many bits stand before an address of version 4 that is mapped into version 6.
const MAPPED: u8 = 96;

/// The header that the proxies write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ProxyHeader {
    /// The name, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// Reads the name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::XForwardedFor, Self::Forwarded].into_iter().find(|header| name.eq_ignore_ascii_case(header.as_str()))
    }
}

/// An address, or all that begin alike: `10.0.0.0/8`, `fd00::/8`, `::1`. Version 4 is held as version 6 maps it, so that there
/// is one way to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(Ipv6Net);

/// A text that is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a network such as 10.0.0.0/8")]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        let network: IpNet = text.parse().or_else(|_| address()).map_err(|_| NotANetwork)?;
        // An address inside a network is a slip: nobody can tell which of the two was meant.
        if network.trunc() != network {
            return Err(NotANetwork);
        }
        match network {
            IpNet::V4(network) => Ipv6Net::new(network.addr().to_ipv6_mapped(), MAPPED + network.prefix_len())
                .map(Self)
                .map_err(|_| NotANetwork),
            IpNet::V6(network) => Ok(Self(network)),
        }
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let address = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        self.0.contains(&address)
    }
}

/// The proxies in front of the server.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    trusted: Vec<Network>,
    header: ProxyHeader,
}

impl Proxies {
    /// Proxies at these addresses, which write this header.
    #[must_use]
    pub const fn new(trusted: Vec<Network>, header: ProxyHeader) -> Self {
        Self { trusted, header }
    }

    /// The address of the client whose request came from `peer` with these headers.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        // Each by itself: a proxy adds what it knows to a line of which its client may have written the rest.
        let lines = headers.get_all(self.header.as_str()).iter().rev();
        let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        while self.is_trusted(client) {
            // What cannot be read was not written by a proxy that is to be trusted: the last address that is known counts.
            match hops.next().and_then(|hop| self.address(str::from_utf8(hop).ok()?.trim())) {
                Some(before) => client = before.to_canonical(),
                None => break,
            }
        }
        client
    }

    /// Whether an address is a proxy's.
    #[must_use]
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    fn address(&self, hop: &str) -> Option<IpAddr> {
        match self.header {
            ProxyHeader::XForwardedFor => address(hop),
            ProxyHeader::Forwarded => {
                let pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
                let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
                address(named.next()?.1.trim_matches('"'))
            }
        }
    }
}

/// An address as proxies write it: bare, in brackets, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(|address: Ipv6Addr| address.into());
    bare().or_else(with_port).or_else(bracketed)
}

impl fmt::Display for ProxyHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], header: ProxyHeader, peer: &str, lines: &[&str]) -> String {
        let trusted = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.as_str(), line.parse().unwrap());
        }
        Proxies::new(trusted, header).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn without_a_proxy_the_peer_is_the_client_whatever_it_writes() {
        let header = ProxyHeader::XForwardedFor;
        assert_eq!(client(&[], header, "192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], header, "192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(client(&[], header, "::ffff:192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        let trusted = ["10.0.0.0/8", "2001:db8:0:1::/64"];
        for (peer, lines, expected) in [
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec!["198.51.100.1:4711"], "198.51.100.1"),
            ("2001:db8:0:1::5", vec!["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", vec!["2001:db8::1"], "2001:db8::1"),
            // All of them proxies: the first one asks for itself.
            ("10.0.0.1", vec!["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
            // What is no text ends the search where it stands, and not before.
            ("10.0.0.1", vec!["é, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9", "é"], "10.0.0.1"),
            ("10.0.0.1", vec!["203.0.113.9", "é, 10.0.0.2"], "10.0.0.2"),
        ] {
            assert_eq!(client(&trusted, ProxyHeader::XForwardedFor, peer, &lines), expected, "{lines:?} from {peer}");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_the_one() {
        for (line, expected) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("for=203.0.113.9, For=\"198.51.100.1:4711\";proto=https;by=10.0.0.1", "198.51.100.1"),
            ("proto=https; for=\"[2001:db8::1]\"", "2001:db8::1"),
            ("for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client(&["10.0.0.0/8"], ProxyHeader::Forwarded, "10.0.0.1", &[line]), expected, "{line}");
        }
        let mut headers = HeaderMap::new();
        headers.append("forwarded", "for=198.51.100.1".parse().unwrap());
        let proxies = Proxies::new(vec!["10.0.0.1".parse().unwrap()], ProxyHeader::XForwardedFor);
        assert_eq!(
            proxies.client("10.0.0.1".parse().unwrap(), &headers).to_string(),
            "10.0.0.1",
            "the other one is not"
        );
    }

    #[test]
    fn networks_are_read_exactly() {
        for text in ["10.0.0.0/8", "10.1.2.3", "10.1.2.3/32", "0.0.0.0/0", "::/0", "::1", "fd00::/8"] {
            assert!(text.parse::<Network>().is_ok(), "{text}");
        }
        for text in ["", "10.0.0.1/8", "10.0.0.0/33", "10.0.0/8", "::1/129", "localhost", "10.0.0.0/", "10.0.0.0/-1"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let network: Network = "10.0.0.0/8".parse().unwrap();
        assert!(!network.contains("11.0.0.1".parse().unwrap()) && !network.contains("::a00:1".parse().unwrap()));
    }
}
