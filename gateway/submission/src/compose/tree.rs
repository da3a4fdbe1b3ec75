//! The part tree: text, HTML alternative, pictures shown in it, attachments (RFC 2046 §5.1, RFC 2387, RFC 2183).

use lettre::message::{
    Body,
    header::{self, ContentDisposition, ContentTransferEncoding, Headers},
};
use rand::RngCore;

use crate::{Attachment, Draft, DraftError, address::no_line_ends};

use super::{fold, header::plain, reader::Segment};

/// Header fields and content of one part.
type Built = (Vec<u8>, Vec<Segment>);

/// The content fields of the message and what comes after the empty line that ends them.
pub(super) fn body(draft: &Draft) -> Result<Built, DraftError> {
    let text = text_part("text/plain; charset=utf-8; format=flowed", message::flowed::encode(&draft.text));
    let shown = |attachment: &&Attachment| draft.html.is_some() && attachment.inline.is_some();
    let content = match &draft.html {
        None => text,
        Some(html) => {
            let mut related = vec![text_part("text/html; charset=utf-8", html.clone())];
            for attachment in draft.attachments.iter().filter(shown) {
                related.push(file_part(attachment)?);
            }
            let html =
                if related.len() == 1 { related.remove(0) } else { multipart("related; type=\"text/html\"", related) };
            multipart("alternative", vec![text, html])
        }
    };
    let mut mixed = vec![content];
    for attachment in draft.attachments.iter().filter(|attachment| !shown(attachment)) {
        mixed.push(file_part(attachment)?);
    }
    let (mut header, content) = if mixed.len() == 1 { mixed.remove(0) } else { multipart("mixed", mixed) };
    header.extend(b"\r\n");
    Ok((header, content))
}

/// Text in the encoding that suits it: 7bit, quoted-printable, or base64 where most of it is not ASCII.
fn text_part(media_type: &'static str, text: String) -> Built {
    let body = Body::new(text);
    let mut headers = Headers::new();
    plain(&mut headers, "Content-Type", media_type.to_owned());
    headers.set(body.encoding());
    let mut bytes = body.into_vec();
    if !bytes.ends_with(b"\n") {
        bytes.extend(b"\r\n");
    }
    (headers.to_string().into_bytes(), vec![Segment::Bytes(bytes.into())])
}

fn file_part(attachment: &Attachment) -> Result<Built, DraftError> {
    let file = &attachment.file;
    no_line_ends(&file.file_name, "file name")?;
    no_line_ends(&file.media_type, "media type")?;
    let mut headers = Headers::new();
    match file.media_type.parse::<header::ContentType>() {
        Ok(media_type) => headers.set(media_type),
        Err(_) => plain(&mut headers, "Content-Type", "application/octet-stream".to_owned()),
    }
    headers.set(match attachment.inline {
        Some(_) => ContentDisposition::inline_with_name(&file.file_name),
        None => ContentDisposition::attachment(&file.file_name),
    });
    headers.set(ContentTransferEncoding::Base64);
    if let Some(id) = &attachment.inline {
        let id: String = id.chars().filter(|c| c.is_ascii_graphic() && !"<>".contains(*c)).take(200).collect();
        plain(&mut headers, "Content-ID", format!("<{id}>"));
    }
    Ok((fold::folded(headers.to_string().as_bytes())?, vec![Segment::File { id: file.id.clone(), size: file.size }]))
}

/// A boundary that no content can hold: `=_` is in neither base64 nor quoted-printable, and chance does the rest.
fn boundary() -> String {
    let mut random = [0; 12];
    rand::rng().fill_bytes(&mut random);
    random.iter().fold("=_".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn multipart(subtype: &str, parts: Vec<Built>) -> Built {
    let boundary = boundary();
    let header = format!("Content-Type: multipart/{subtype};\r\n boundary=\"{boundary}\"\r\n").into_bytes();
    let mut segments = Vec::new();
    for (part_header, content) in parts {
        let start = [format!("--{boundary}\r\n").as_bytes(), &part_header, b"\r\n"].concat();
        segments.push(Segment::Bytes(start.into()));
        segments.extend(content);
        segments.push(Segment::Bytes(b"\r\n".as_slice().into()));
    }
    segments.push(Segment::Bytes(format!("--{boundary}--\r\n").into_bytes().into()));
    (header, segments)
}
