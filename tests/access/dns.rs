//! A name server of the test's own: PTR, A and AAAA records that need not fit each other (RFC 1035 §4).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// A running name server; it ends with the test process.
pub struct NameServer {
    pub address: SocketAddr,
    /// The names that were asked for.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    /// `names`: address to name; `addresses`: name to address. What is in neither is answered NXDOMAIN.
    pub fn start(names: &[(&str, &str)], addresses: &[(&str, &str)]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let mut records: HashMap<(String, u16), Vec<u8>> = HashMap::new();
        for (ip, name) in names {
            records.insert((reversed(ip.parse().unwrap()), 12), labels(name));
        }
        for (name, ip) in addresses {
            let (kind, data) = match ip.parse().unwrap() {
                IpAddr::V4(v4) => (1, v4.octets().to_vec()),
                IpAddr::V6(v6) => (28, v6.octets().to_vec()),
            };
            records.insert(((*name).to_owned(), kind), data);
        }
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let mut question = [0; 1500];
            while let Ok((length, client)) = socket.recv_from(&mut question) {
                let (name, end) = read_name(&question[..length]);
                let kind = u16::from_be_bytes([question[end], question[end + 1]]);
                log.lock().unwrap().push(name.clone());
                let known = records.keys().any(|(known, _)| *known == name);
                let answer = records.get(&(name, kind));
                let mut reply = question[..2].to_vec();
                reply.extend(if known { [0x81, 0x80] } else { [0x81, 0x83] });
                reply.extend([0, 1, 0, u8::from(answer.is_some()), 0, 0, 0, 0]);
                reply.extend(&question[12..end + 4]);
                if let Some(data) = answer {
                    reply.extend([0xc0, 12]);
                    reply.extend(kind.to_be_bytes());
                    reply.extend([0, 1, 0, 0, 0, 60]);
                    reply.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
                    reply.extend(data);
                }
                let _ = socket.send_to(&reply, client);
            }
        });
        Self { address, asked }
    }
}

fn read_name(message: &[u8]) -> (String, usize) {
    let (mut at, mut name) = (12, Vec::new());
    while message[at] != 0 {
        let end = at + 1 + usize::from(message[at]);
        name.push(String::from_utf8_lossy(&message[at + 1..end]).to_lowercase());
        at = end;
    }
    (name.join("."), at + 1)
}

fn labels(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn reversed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let digits: Vec<String> = v6
                .octets()
                .iter()
                .rev()
                .flat_map(|octet| [octet & 15, octet >> 4])
                .map(|digit| format!("{digit:x}"))
                .collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}
