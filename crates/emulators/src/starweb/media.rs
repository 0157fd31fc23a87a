//! The media library: files as they are uploaded. The calls on `/media-files`.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    Starweb,
    listing::{Query, paged},
    order::linked,
    refusal::Refusal,
    value::{Fields, data, fields, id, stamp},
};

/// An uploaded file.
struct File<'a> {
    name: String,
    mime: String,
    bytes: &'a [u8],
}

impl Starweb {
    pub(super) fn route_media(&mut self, cx: &Cx<'_>, path: &[&str], request: &Request) -> Result<Reply, Refusal> {
        let (key, status) = match (request.method.as_str(), path) {
            ("GET", []) => {
                let hides =
                    |file: &&Fields| self.births.hides(cx, "media-files", id(file, "mediaFileId").unwrap_or_default());
                let found = self.registers.all("media-files").filter(|file| !hides(file)).collect();
                let (page, meta) = Query::new(request, cx).page(found)?;
                return Ok(Reply::json(200, &paged(page.into_iter().map(|file| view(cx, file)), meta)));
            }
            ("POST", []) => {
                let file = uploaded(request)?;
                let key = self.ids.next();
                self.registers.put("media-files", key, record(cx, key, &file, None));
                self.births.note(cx, "media-files", key);
                (key, 201)
            }
            (method, [key]) => {
                let key = key.parse().map_err(|_| Refusal::not_found())?;
                let old = self.registers.get("media-files", key).cloned().ok_or_else(Refusal::not_found)?;
                match method {
                    "GET" => {}
                    "DELETE" => {
                        self.registers.remove("media-files", key);
                        self.forget("media-files", key);
                        return Ok(Reply::empty(204));
                    }
                    "PUT" | "PATCH" => {
                        let file = uploaded(request)?;
                        self.registers.put("media-files", key, record(cx, key, &file, Some(&old)));
                    }
                    _ => return Err(Refusal::not_found()),
                }
                (key, 200)
            }
            _ => return Err(Refusal::not_found()),
        };
        let file = self.registers.get("media-files", key).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(status, &data(Value::Object(view(cx, file)))))
    }
}

fn view(cx: &Cx<'_>, file: &Fields) -> Fields {
    linked(cx.switches, file.clone(), &format!("/media-files/{}", id(file, "mediaFileId").unwrap_or_default()))
}

fn record(cx: &Cx<'_>, key: u64, file: &File<'_>, old: Option<&Fields>) -> Fields {
    let created = old.and_then(|old| old.get("createdAt")).cloned().unwrap_or_else(|| stamp(cx.now));
    let (width, height) = size_of_png(file.bytes).unwrap_or_default();
    fields(json!({
        "mediaFileId": key, "name": file.name, "createdAt": created, "modifiedAt": stamp(cx.now),
        "size": file.bytes.len(), "mime": file.mime, "height": height, "width": width,
        "url": format!("/media/{key}/{}", file.name),
    }))
}

/// Width and height, as the head of a PNG says them.
fn size_of_png(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let number = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    Some((number(8)?, number(12)?))
}

/// The part `file` of a form.
fn uploaded(request: &Request) -> Result<File<'_>, Refusal> {
    let kind = request.header("content-type").unwrap_or_default();
    let boundary = kind.split_once("boundary=").map(|(_, rest)| rest.trim_matches('"'));
    let boundary = boundary.filter(|_| kind.starts_with("multipart/form-data"));
    let boundary = boundary.ok_or_else(|| Refusal::invalid("The body must be multipart/form-data"))?;
    let missing = || Refusal::invalid("file: is required");
    let mut rest = request.body.as_slice();
    let border = format!("--{boundary}");
    while let Some((_, after)) = split(rest, border.as_bytes()) {
        let Some((head, body)) = split(after, b"\r\n\r\n") else { break };
        let (bytes, _) = split(body, format!("\r\n{border}").as_bytes()).ok_or_else(missing)?;
        let head = String::from_utf8_lossy(head);
        let quoted = |name: &str| head.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        if quoted("; name") == Some("file") {
            let mime = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-type:").map(str::to_owned));
            let mime = mime.map_or_else(|| "application/octet-stream".into(), |mime| mime.trim().to_owned());
            return Ok(File { name: quoted("filename").unwrap_or("file").to_owned(), mime, bytes });
        }
        rest = body;
    }
    Err(missing())
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes.windows(at.len()).position(|window| window == at)?;
    Some((bytes.get(..place)?, bytes.get(place + at.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_out_of_its_form() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--x\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhej\r\n--x--\r\n";
        let headers = vec![("content-type".to_owned(), "multipart/form-data; boundary=x".to_owned())];
        let request = Request { headers, body: body.as_bytes().to_vec(), ..Request::default() };
        let file = uploaded(&request).unwrap();
        assert_eq!((file.name.as_str(), file.mime.as_str(), file.bytes), ("a.txt", "text/plain", b"hej".as_slice()));
        assert!(uploaded(&Request { headers: Vec::new(), ..request }).is_err());
    }

    #[test]
    fn a_picture_says_how_large_it_is() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 2, 0, 0, 0, 1, 0]);
        assert_eq!(size_of_png(&png), Some((512, 256)));
        assert_eq!(size_of_png(b"GIF"), None);
    }
}
