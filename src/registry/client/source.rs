//! Something that can be asked for from an offset on: a blob of a repository, or a file at an address.

use reqwest::header::{CONTENT_RANGE, IF_RANGE, RANGE};
use reqwest::{Method, RequestBuilder, StatusCode, Url};

use super::answer::Answer;
use super::repository::Repository;
use super::session::Session;
use crate::registry::error::RegistryError;

/// Who is asked.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    /// A registry, where one may have to log in.
    Repository(&'a Repository),
    /// Any server, without a login.
    Server(&'a Session),
}

/// What is asked for, and where.
pub(crate) struct Source<'a> {
    pub asked: Asked<'a>,
    pub url: Url,
    /// What errors call it.
    pub what: &'a str,
}

impl Source<'_> {
    /// Asks for the content from an offset on. A part is answered only where it is that one, and of the content that the
    /// sender called by this name.
    pub(crate) async fn answer(&self, offset: u64, validator: Option<&str>) -> Result<Answer, RegistryError> {
        if offset > 0 {
            let answer = self.ask(offset, validator).await?;
            match answer.status() {
                StatusCode::OK => return Ok(answer),
                StatusCode::PARTIAL_CONTENT if begins_at(&answer, offset) => return Ok(answer),
                // Another part, or a registry that gives none: from the start, then.
                StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {}
                _ => return Err(answer.refused(self.what, "200 or 206").await),
            }
        }
        let answer = self.ask(0, None).await?;
        match answer.status() {
            StatusCode::OK => Ok(answer),
            _ => Err(answer.refused(self.what, "200").await),
        }
    }

    async fn ask(&self, offset: u64, validator: Option<&str>) -> Result<Answer, RegistryError> {
        // See: RFC 9110 section 13.1.5
        let prepare = |request: RequestBuilder| match offset {
            0 => request,
            _ => {
                let request = request.header(RANGE, format!("bytes={offset}-"));
                validator.into_iter().fold(request, |request, name| request.header(IF_RANGE, name))
            }
        };
        match self.asked {
            Asked::Repository(repository) => {
                repository.read(Method::GET, self.url.clone(), self.what, &prepare).await
            }
            Asked::Server(session) => session.get(&self.url, self.what, &prepare).await,
        }
    }
}

// See: RFC 9110 section 14.4
fn begins_at(answer: &Answer, offset: u64) -> bool {
    let range = answer.header(CONTENT_RANGE.as_str());
    range.is_some_and(|text| text.starts_with(&format!("bytes {offset}-")))
}
