//! The way to the tenant: credentials, the names of its hosts, and connections to them.
//!
//! Nothing is sent over these connections.

use std::net::SocketAddr;
use std::time::Duration;

use cxda_adapters_http::credentials::AuthKind;
use cxda_ports::clock::Clock;
use cxda_ports::secrets::SecretSource;
use tokio::net::{TcpStream, lookup_host};

use super::checkup::Checkup;
use super::within;
use crate::exit::Exit;
use crate::render::chain;
use crate::settings::{Location, Remote, Tenant, TenantKind};
use crate::wiring;

/// How long the look-up of a name, and a connection, may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether the credentials are there, and where they come from; never what they are.
pub(super) async fn credentials(
    checkup: &mut Checkup,
    tenant: &Tenant,
    secrets: &dyn SecretSource,
) {
    let TenantKind::Remote(remote) = &tenant.kind else {
        checkup.ok("credentials", "none needed: the simulator is built in");
        return;
    };
    let sources = sources(remote);
    if let Err(error) = wiring::auth(remote, secrets).await {
        let name = &tenant.name;
        let remedy = format!(
            "give {} their values, or name other places in [tenant.{name}.auth]",
            sources.join(" and ")
        );
        checkup.fail("credentials", error.exit, chain(&error), remedy);
        return;
    }
    let style = match remote.style {
        Some(style) => format!(", sent as {}", style.as_str()),
        None => String::new(),
    };
    let detail = format!(
        "{} from {}{style}",
        remote.kind.as_str(),
        sources.join(" and ")
    );
    checkup.ok("credentials", detail);
}

/// Where the values of the credentials stand.
fn sources(remote: &Remote) -> Vec<String> {
    let pair = [&remote.client_id, &remote.client_secret];
    let all = match remote.kind {
        AuthKind::ClientCredentials | AuthKind::AccessKey => pair.to_vec(),
        AuthKind::Password => [pair, [&remote.username, &remote.password]].concat(),
        AuthKind::Bearer => vec![&remote.token],
    };
    let named = |location: &&Location| match location {
        Location::Literal(_) => "the settings".to_owned(),
        Location::Env(name) => format!("${name}"),
        Location::File(path) => format!("the file {}", path.display()),
    };
    all.iter().map(named).collect()
}

/// Whether the hosts of `tenant` have addresses and take connections.
pub(super) async fn reach(checkup: &mut Checkup, tenant: &Tenant, clock: &dyn Clock) -> bool {
    let TenantKind::Remote(remote) = &tenant.kind else {
        for name in ["name", "connection"] {
            checkup.ok(name, "none needed: the simulator is built in");
        }
        return true;
    };
    let mut hosts = vec![authority(remote.base_url.origin().as_str())];
    if let Some(auth_url) = &remote.auth_url {
        hosts.push(authority(auth_url.origin().as_str()));
        hosts.dedup();
    }
    let mut found = Vec::new();
    for host in &hosts {
        match resolve(host, clock).await {
            Ok(addresses) => found.push((host, addresses)),
            Err(why) => {
                let remedy = "check the host in base_url and auth_url for typing errors, and whether this machine can look up names";
                checkup.fail("name", Exit::Unreachable, format!("{host}: {why}"), remedy);
                return false;
            }
        }
    }
    let shown: Vec<String> = found
        .iter()
        .map(|(host, addresses)| format!("{host} is {}", addresses[0].ip()))
        .collect();
    checkup.ok("name", shown.join(", "));
    for (host, addresses) in &found {
        if let Err(why) = connect(addresses, clock).await {
            let remedy = "check the port in base_url, and whether a firewall keeps this machine from it; cxda uses no proxy";
            checkup.fail(
                "connection",
                Exit::Unreachable,
                format!("{host}: {why}"),
                remedy,
            );
            return false;
        }
    }
    checkup.ok(
        "connection",
        format!("{} takes connections", hosts.join(", ")),
    );
    true
}

/// Host and port of `origin`, the port also where it is its scheme's own.
fn authority(origin: &str) -> String {
    let (scheme, authority) = origin.split_once("://").unwrap_or(("https", origin));
    let after_host = authority.rsplit(']').next().unwrap_or(authority);
    if after_host.contains(':') {
        return authority.to_owned();
    }
    let port = if scheme == "http" { 80 } else { 443 };
    format!("{authority}:{port}")
}

async fn resolve(host: &str, clock: &dyn Clock) -> Result<Vec<SocketAddr>, String> {
    match within(clock, LIMIT, lookup_host(host)).await {
        None => Err(format!(
            "its name was not looked up within {} s",
            LIMIT.as_secs()
        )),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(addresses)) => {
            let addresses: Vec<SocketAddr> = addresses.collect();
            if addresses.is_empty() {
                Err("its name has no address".to_owned())
            } else {
                Ok(addresses)
            }
        }
    }
}

async fn connect(addresses: &[SocketAddr], clock: &dyn Clock) -> Result<(), String> {
    match within(clock, LIMIT, TcpStream::connect(addresses)).await {
        None => Err(format!("no connection within {} s", LIMIT.as_secs())),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_always_gives_host_and_port() {
        for (origin, want) in [
            ("https://na1.example", "na1.example:443"),
            ("https://na1.example:8443", "na1.example:8443"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("http://127.0.0.1:9", "127.0.0.1:9"),
            ("http://[::1]", "[::1]:80"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(authority(origin), want);
        }
    }
}
