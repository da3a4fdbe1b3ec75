//! A small HTTP client with cookies for pages that need no browser, and for the browser's own protocol.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::wait::DEADLINE;

/// A response.
#[derive(Debug, Clone)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The header fields as they came, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header field `name` (small letters).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of the first input named `name` in the page: `name="…"` and `value="…"` in one tag, any order.
    pub fn input_value(&self, name: &str) -> Option<String> {
        let page = self.text();
        let wanted = format!("name=\"{name}\"");
        page.split('<').find(|tag| tag.contains(&wanted)).and_then(|tag| {
            let (_, rest) = tag.split_once("value=\"")?;
            Some(rest.split_once('"')?.0.replace("&amp;", "&").replace("&#38;", "&"))
        })
    }
}

/// The names and values of the page's hidden inputs, in their order; what a form sends without being filled in.
pub fn hidden_inputs(page: &str) -> Vec<(String, String)> {
    let value = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"')?.0.replace("&#38;", "&").replace("&amp;", "&"))
    };
    page.split("<input")
        .skip(1)
        .filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag))
        .filter(|tag| tag.contains("type=\"hidden\""))
        .filter_map(|tag| Some((value(tag, "name")?, value(tag, "value").unwrap_or_default())))
        .collect()
}

/// A client of one server.
#[derive(Debug, Clone)]
pub struct HttpClient {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
    headers: Vec<(String, String)>,
}

impl HttpClient {
    /// A client without cookies.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// Adds a header field to every later request.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// The cookies that the server has set.
    pub fn cookies(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.cookies
    }

    /// GET, without following redirects.
    #[track_caller]
    pub fn get(&mut self, path: &str) -> HttpResponse {
        self.request("GET", path, None)
    }

    /// GET, following up to five redirects.
    #[track_caller]
    pub fn get_following(&mut self, path: &str) -> HttpResponse {
        let response = self.get(path);
        self.follow(response)
    }

    /// Follows a response's redirects, up to five.
    #[track_caller]
    pub fn follow(&mut self, mut response: HttpResponse) -> HttpResponse {
        for _ in 0..5 {
            match response.header("location").map(str::to_owned) {
                Some(location) if (300..400).contains(&response.status) => {
                    let path = match location.split_once("://") {
                        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
                        None => location,
                    };
                    response = self.get(&path);
                }
                _ => return response,
            }
        }
        panic!("redirected more than five times");
    }

    /// POST of a form as `application/x-www-form-urlencoded`, without following redirects.
    #[track_caller]
    pub fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> HttpResponse {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.request("POST", path, Some(("application/x-www-form-urlencoded", body.join("&").as_bytes())))
    }

    /// Any request with an optional body and its type, on a connection of its own.
    #[track_caller]
    pub fn request(&mut self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> HttpResponse {
        match self.try_request(method, path, body) {
            Ok(response) => response,
            Err(error) => panic!("{method} {path} at {}: {error}", self.address),
        }
    }

    /// Like [`HttpClient::request`]; the error when no whole response came.
    pub fn try_request(
        &mut self,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> std::io::Result<HttpResponse> {
        let mut stream = TcpStream::connect_timeout(&self.address, DEADLINE)?;
        stream.set_read_timeout(Some(DEADLINE * 2))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        stream.set_nodelay(true)?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some((kind, body)) = body {
            head += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        }
        head += "\r\n";
        stream.write_all(head.as_bytes())?;
        if let Some((_, body)) = body {
            // A server that refuses early closes while we still send; its answer is read all the same.
            let _ = stream.write_all(body);
        }
        let response = read_response(&mut BufReader::new(stream))?;
        for (_, cookie) in response.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            if let Some((name, value)) = pair.split_once('=') {
                let gone = value.is_empty() || attributes.to_ascii_lowercase().contains("max-age=0");
                if gone {
                    self.cookies.remove(name);
                } else {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        Ok(response)
    }
}

fn read_response(reader: &mut BufReader<TcpStream>) -> std::io::Result<HttpResponse> {
    let bad = |what: &str| std::io::Error::other(what.to_owned());
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.trim().parse().ok()).ok_or_else(|| bad("no status"))?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let find = |name: &str| headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    let mut body = Vec::new();
    if find("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = line.trim().split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size, 16).map_err(|_| bad("a bad chunk"))?;
            let start = body.len();
            body.resize(start + size, 0);
            reader.read_exact(&mut body[start..])?;
            let mut end = String::new();
            reader.read_line(&mut end)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = find("content-length").and_then(|length| length.parse().ok()) {
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
    } else {
        reader.read_to_end(&mut body)?;
    }
    Ok(HttpResponse { status, headers, body })
}

/// Percent-encoding for forms and path segments: everything but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
