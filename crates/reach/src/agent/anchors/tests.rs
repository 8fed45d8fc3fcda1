//! Anchors and strangers on this machine, by sockets and octets alone.

use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("an authority")
}

/// How an anchor shows itself, by a certificate of that authority that ends in that year.
fn shown(by: &Issuer, until: i32) -> TlsAcceptor {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let signed = params.signed_by(&key, by).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![signed.der().clone()], key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}

/// What answers on a port of this machine.
struct Answers {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    says: &'static str,
    /// Requests of one connection, after which it is ended.
    lasts: usize,
    connections: AtomicUsize,
}

impl Answers {
    async fn new(tls: Option<TlsAcceptor>, says: &'static str, lasts: usize) -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.expect("a port"),
            tls,
            says,
            lasts,
            connections: AtomicUsize::new(0),
        }
    }

    fn targets(&self) -> Targets {
        let port = self.listener.local_addr().expect("an address").port();
        let at = House {
            host: "127.0.0.1".to_owned(),
            port,
        };
        Targets {
            tcp: Some(at.clone()),
            https: Some(Https {
                at,
                path: "/204".to_owned(),
            }),
            dns: None,
        }
    }

    /// One connection after the other, for ever.
    async fn go_on(&self) {
        loop {
            let (stream, _) = self.listener.accept().await.expect("a caller");
            self.connections.fetch_add(1, Ordering::Relaxed);
            match &self.tls {
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        self.talk(stream).await;
                    }
                }
                None => self.talk(stream).await,
            }
        }
    }

    async fn talk(&self, mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
        let mut octets = [0; 4096];
        for _ in 0..self.lasts {
            match stream.read(&mut octets).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if stream.write_all(self.says.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    /// Looks that often, each time with the session of before.
    async fn looked_at(&self, eyes: &Eyes, way: Way, times: usize) -> Vec<Tried> {
        let looks = async {
            let mut session = None;
            let mut all = Vec::new();
            for _ in 0..times {
                let look = eyes.clone().look(self.targets(), way, PATIENCE, session);
                let mut tried = look.await;
                session = tried.session.take();
                all.push(tried);
            }
            all
        };
        tokio::select! {
            all = looks => all,
            () = self.go_on() => unreachable!("it goes on for ever"),
        }
    }
}

fn eyes(by: &Issuer) -> Eyes {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roots.pem");
    std::fs::write(&path, by.pem()).expect("written");
    Eyes::open(Clock::real(), Some(&path)).expect("eyes")
}

const GOOD: &str = "HTTP/1.1 204 No Content\r\n\r\n";

#[tokio::test]
async fn a_session_is_kept_and_begun_anew_when_it_has_ended() {
    let by = authority();
    let anchor = Answers::new(Some(shown(&by, 2090)), GOOD, 3).await;
    let all = anchor.looked_at(&eyes(&by), Way::Https, 5).await;
    assert!(all.iter().all(|it| it.fault == Fault::None));
    assert_eq!(anchor.connections.load(Ordering::Relaxed), 2);
    let octets: Vec<u64> = all.iter().map(|it| it.octets).collect();
    assert!(octets[1] * 3 < octets[0], "{octets:?}");
    assert!(octets[3] > octets[1], "{octets:?}");
}

#[tokio::test]
async fn who_is_not_the_anchor_is_told_from_it() {
    let (by, other) = (authority(), authority());
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let moved = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n";
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    for (tls, says, fault) in [
        (Some(shown(&other, 2090)), GOOD, Fault::Certificate),
        (None, page, Fault::Portal),
        (Some(shown(&by, 2090)), page, Fault::Portal),
        (Some(shown(&by, 2090)), moved, Fault::Portal),
        (Some(shown(&by, 2090)), "SSH-2.0-x\r\n", Fault::Portal),
        (Some(shown(&by, 2090)), busy, Fault::Refused),
        (Some(shown(&by, 2090)), "", Fault::Refused),
        // Out of its time by this machine's clock, and still who it is.
        (Some(shown(&by, 2021)), GOOD, Fault::None),
        (Some(shown(&other, 2021)), GOOD, Fault::Certificate),
    ] {
        let anchor = Answers::new(tls, says, 1).await;
        let all = anchor.looked_at(&eyes(&by), Way::Https, 1).await;
        assert_eq!(all[0].fault, fault, "{says}");
        let all = anchor.looked_at(&eyes(&by), Way::Tcp, 1).await;
        assert_eq!(all[0].fault, Fault::None, "it takes connections");
    }
}

#[tokio::test]
async fn a_port_that_nobody_holds_refuses() {
    let by = authority();
    let anchor = Answers::new(None, GOOD, 1).await;
    let targets = anchor.targets();
    drop(anchor);
    for way in [Way::Https, Way::Tcp] {
        let tried = eyes(&by).look(targets.clone(), way, PATIENCE, None).await;
        assert_eq!(tried.fault, Fault::Refused);
        assert!((60..400).contains(&tried.octets), "{}", tried.octets);
    }
    // A way that the anchor does not have.
    let tried = eyes(&by).look(targets, Way::Dns, PATIENCE, None).await;
    assert_eq!(tried.fault, Fault::Unknown);
}

#[test]
fn authorities_that_are_none_are_refused_by_their_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roots.pem");
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&path, text).expect("written");
        let error = Eyes::open(Clock::real(), Some(&path)).err().expect("none");
        assert!(error.to_string().contains("roots.pem"), "{error}");
    }
    let gone = folder.path().join("gone.pem");
    assert!(Eyes::open(Clock::real(), Some(&gone)).is_err());
}
