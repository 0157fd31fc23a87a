//! Files on records: which there are, their bytes, and new ones. They are no part of what is synchronised, so they are
//! beside the streams, for programs that want a copy of an invoice or put one there.

use serde_json::{Value as Json, value::RawValue};
use sync_core::{Context, Error, ErrorKind, Result};
use sync_http::Request;

use crate::{
    client::{Api, key, made_id},
    wire::Wire,
};

const LIST: &str = "list files";
const READ: &str = "read file";
const PUT: &str = "put file";

/// What a file hangs on, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holder<'n> {
    /// A customer's invoice.
    Invoice(&'n str),
    /// A customer's credit note.
    CreditNote(&'n str),
    /// An item.
    Item(&'n str),
    /// A batch of journal transactions, by its workspace (`GL`) and number.
    Batch(&'n str, &'n str),
}

impl<'n> Holder<'n> {
    /// The path of the record, that of its files, and its keys in both.
    fn paths(self) -> (&'static str, &'static str, Option<&'n str>, &'n str) {
        match self {
            Self::Invoice(number) => ("/v1/customerinvoice/{id}", "/v1/customerinvoice/{id}/attachment", None, number),
            Self::CreditNote(number) => {
                ("/v1/customerCreditNote/{id}", "/v1/customerCreditNote/{id}/attachment", None, number)
            }
            Self::Item(number) => ("/v1/inventory/{id}", "/v1/inventory/{id}/attachment", None, number),
            Self::Batch(module, number) => (
                "/v2/journaltransaction/{id}",
                "/v2/journaltransaction/module/{module}/{id}/attachment",
                Some(module),
                number,
            ),
        }
    }
}

/// A file on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its id: what [`Files::read`] takes. A new revision has another one.
    pub id: String,
    /// Its name. It is the same for all revisions.
    pub name: String,
    /// Which revision of the name it is, from 1 on.
    pub revision: i64,
}

/// What a file holds.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileContent {
    /// What the vendor says that it is: `application/pdf`. Empty if it says nothing.
    pub media_type: String,
    /// The bytes, as they were put there.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for FileContent {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // it is somebody's invoice
        out.debug_struct("FileContent").field("media_type", &self.media_type).field("len", &self.bytes.len()).finish()
    }
}

/// The files of a company: see [`Connection::files`](crate::Connection::files).
///
/// ```no_run
/// # async fn example(cx: &sync_core::Context, files: connector_visma_net::Files) -> sync_core::Result<()> {
/// use connector_visma_net::Holder;
///
/// let invoice = Holder::Invoice("003547");
/// files.put(cx, invoice, "contract.pdf", "application/pdf", b"%PDF-1.7").await?;
/// for file in files.list(cx, invoice).await? {
///     println!("{} ({}): {} bytes", file.name, file.revision, files.read(cx, &file.id).await?.bytes.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Files {
    api: Api,
}

impl Files {
    pub(crate) fn new(api: Api) -> Self {
        Self { api }
    }

    /// The files of a record, the latest revision of each.
    ///
    /// # Errors
    /// `NotFound` where there is no such record, and what any call to the vendor may end with.
    pub async fn list(&self, cx: &Context, on: Holder<'_>) -> Result<Vec<File>> {
        let (path, _, _, number) = on.paths();
        let request = Request::get(LIST, path).path("id", key(number));
        let Some(answer) = self.api.read_if_there(cx, request).await? else {
            return Err(Error::new(ErrorKind::NotFound, LIST, "there is no such record in Visma.net"));
        };
        // some invoices were seen in a list of one
        let record: Box<RawValue> = answer.json()?;
        let record: Wire = match record.get().trim_start().starts_with('[') {
            true => answer.json::<Vec<Wire>>()?.into_iter().next().unwrap_or_default(),
            false => answer.json()?,
        };
        let mut files = Vec::new();
        for row in record.rows("attachments")?.into_value().unwrap_or_default() {
            let text = |at| Ok::<_, Error>(row.text(at)?.into_value().unwrap_or_default());
            let revision = row.get("revision").and_then(Json::as_i64).unwrap_or(1);
            files.push(File { id: text("id")?, name: text("name")?, revision });
        }
        Ok(files)
    }

    /// What a file holds, by its id.
    ///
    /// # Errors
    /// `NotFound` where there is no such file, and what any call to the vendor may end with.
    pub async fn read(&self, cx: &Context, id: &str) -> Result<FileContent> {
        let request = Request::get(READ, "/v1/attachment/{id}").path("id", id).header("accept", "*/*");
        let Some(answer) = self.api.read_if_there(cx, request).await? else {
            return Err(Error::new(ErrorKind::NotFound, READ, "there is no such file in Visma.net"));
        };
        let media_type = answer.header("content-type").unwrap_or_default().to_owned();
        Ok(FileContent { media_type, bytes: answer.bytes().to_vec() })
    }

    /// Puts a file on a record; gives its id. A file of that name that is there already gets a new revision.
    ///
    /// # Errors
    /// `Invalid` for a name or media type that cannot be sent, `AmbiguousWrite` where nobody knows whether the file
    /// arrived: [`list`](Self::list) shows it. A repetition makes a revision more, and loses nothing.
    pub async fn put(
        &self,
        cx: &Context,
        on: Holder<'_>,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<String> {
        let breaks = |text: &str| text.chars().any(|c| c.is_control() || c == '"' || c == '\\');
        if name.trim().is_empty() || breaks(name) || breaks(media_type) {
            let what = "a file needs a name and a media type without quotes, backslashes and line ends";
            return Err(Error::new(ErrorKind::Invalid, PUT, what));
        }
        let (_, path, module, number) = on.paths();
        let mut request = Request::post(PUT, path).path("id", key(number));
        if let Some(module) = module {
            request = request.path("module", module);
        }
        let (boundary, body) = form(name, media_type, bytes);
        let request = request.bytes(format!("multipart/form-data; boundary={boundary}"), body);
        let answer = self.api.send(cx, request).await?;
        made_id(&answer).ok_or_else(|| {
            answer.error(ErrorKind::AmbiguousWrite, "without the id of the file, which the record shows")
        })
    }
}

/// A form with one file: its boundary, which nothing in the file looks like, and its bytes.
fn form(name: &str, media_type: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    let is_in = |mark: &str| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
    let mut boundary = "samklang-file".to_owned();
    while is_in(&boundary) {
        boundary.push('x');
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
    );
    let end = format!("\r\n--{boundary}--\r\n");
    let body = [head.as_bytes(), bytes, end.as_bytes()].concat();
    (boundary, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_nothing_that_the_file_holds() {
        let (boundary, body) = form("a.txt", "text/plain", b"--samklang-file\r\nsamklang-filex");
        assert_eq!(boundary, "samklang-filexx");
        let text = String::from_utf8(body).unwrap();
        assert!(text.starts_with("--samklang-filexx\r\n") && text.ends_with("\r\n--samklang-filexx--\r\n"));
        assert!(text.contains("filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n--samklang-file\r\n"));
    }

    #[test]
    fn nothing_of_a_file_is_shown() {
        let content = FileContent { media_type: "text/plain".to_owned(), bytes: b"hush".to_vec() };
        assert_eq!(format!("{content:?}"), r#"FileContent { media_type: "text/plain", len: 4 }"#);
    }
}
