//! Makes a page, or a fragment for htmx, of every refusal: what happened and what to do next.

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::error::{self, ErrorPage};
use crate::request::{self, Want};
use crate::respond;
use crate::views::reader::{Pane, Trouble};
use crate::views::shell::Look;
use crate::views::url;

#[derive(Template)]
#[template(path = "error.html")]
struct Page<'a> {
    look: Look,
    trouble: &'a Trouble,
}

#[derive(Template)]
#[template(path = "again.html")]
struct Again<'a> {
    look: Look,
    path: &'a str,
}

#[derive(Template)]
#[template(path = "error_pane.html")]
struct Fragment {
    pane: Pane,
}

#[derive(Template)]
#[template(path = "error_toast.html")]
struct ToastFragment<'a> {
    trouble: &'a Trouble,
}

/// Rewrites answers that carry an [`ErrorPage`], and bare error statuses.
pub async fn layer(request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let method = request.method().clone();
    let answer = next.run(request).await;
    let status = answer.status();
    let page = answer.extensions().get::<ErrorPage>().cloned();
    if page.is_none() && (!(status.is_client_error() || status.is_server_error()) || has_body(&answer)) {
        return answer;
    }
    let page = page.unwrap_or_else(|| ErrorPage { trouble: error::plain(status), sign_in: None, fresh_token: None });
    let mut made = render(&page, status, &headers, &method);
    // Cookies and Allow stay.
    for name in [header::SET_COOKIE, header::ALLOW, header::CONNECTION] {
        for value in answer.headers().get_all(&name) {
            made.headers_mut().append(name.clone(), value.clone());
        }
    }
    made
}

/// A screen that says for itself what is wrong has set a type.
fn has_body(answer: &Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn render(page: &ErrorPage, status: StatusCode, headers: &HeaderMap, method: &Method) -> Response {
    let scripted = headers.contains_key("hx-request");
    if let Some(next) = page.sign_in.as_ref().filter(|_| method == Method::GET) {
        return once_more(next, headers).unwrap_or_else(|| to_login(next, status, scripted));
    }
    let whole = !scripted || Want::of(headers) == Want::Page && !headers.contains_key("hx-target");
    let made = if whole {
        respond::html(&Page { look: request::look(headers), trouble: &page.trouble })
    } else if method == Method::GET {
        respond::html(&Fragment { pane: Pane::Trouble(page.trouble.clone()) })
    } else {
        // What was being written stays where it is.
        respond::html(&ToastFragment { trouble: &page.trouble })
    };
    let mut answer = made.unwrap_or_else(|_| page.trouble.title.clone().into_response());
    *answer.status_mut() = status;
    if !whole {
        let target = if method == Method::GET { "#reader" } else { "#toasts" };
        let mut set = |name: &'static str, value: HeaderValue| {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        };
        set("hx-retarget", HeaderValue::from_static(target));
        set("hx-reswap", HeaderValue::from_static("innerHTML"));
        set("hx-push-url", HeaderValue::from_static("false"));
        if let Some(token) = page.fresh_token.as_deref().and_then(|token| HeaderValue::from_str(token).ok()) {
            set("x-csrf-token", token);
        }
    }
    answer
}

/// A link on another site led here, so the browser kept the Strict cookie back. A page of ours that asks again brings it:
/// whoever is signed in does not see the sign-in page.
fn once_more(next: &str, headers: &HeaderMap) -> Option<Response> {
    let foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let path = respond::local_path(next).filter(|_| foreign)?;
    respond::html(&Again { look: request::look(headers), path }).ok()
}

fn to_login(next: &str, status: StatusCode, scripted: bool) -> Response {
    let path = if next.is_empty() || next == "/" {
        "/login".to_owned()
    } else {
        format!("/login?next={}", url::encoded(next))
    };
    match HeaderValue::from_str(&path) {
        Ok(value) if scripted => {
            let mut answer = status.into_response();
            answer.headers_mut().insert(HeaderName::from_static("hx-redirect"), value);
            answer
        }
        _ => respond::see_other(&path),
    }
}
