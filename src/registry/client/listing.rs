//! What a registry lists, page by page: referrers and tags.

use bytes::Bytes;
use reqwest::header::LINK;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use super::answer::Answer;
use super::exchange::{is_at, next_place};
use super::repository::{Repository, content_type};
use crate::digest::Digest;
use crate::oci::{self, Descriptor, Manifest};
use crate::registry::error::RegistryError;

/// How many pages of one list are read: a bound on what a registry can make us ask.
const MAX_PAGES: usize = 256;

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

/// A page of a list, and where the next one is.
struct Page {
    bytes: Bytes,
    next: Option<Url>,
}

impl Repository {
    /// Lists what refers to a digest, as the registry's referrers API says. `None`: it has no such API, which is what a 404 means,
    /// and an answer that is no JSON at all.
    ///
    /// # Errors
    /// Any other answer.
    // See: OCI distribution-spec, "Listing Referrers"
    pub async fn referrers(&self, digest: &Digest) -> Result<Option<Vec<Descriptor>>, RegistryError> {
        let what = format!("referrers of {}", self.what(&digest.to_string()));
        let first = self.url(&format!("referrers/{digest}"), &what)?;
        let Some(pages) = self.pages(first, &what, oci::INDEX).await? else { return Ok(None) };
        let mut listed = Vec::new();
        for bytes in pages {
            let malformed = |reason| RegistryError::Malformed { what: what.clone(), reason };
            let index = Manifest::parse(bytes, Some(oci::INDEX)).map_err(malformed)?;
            listed.extend(index.document.manifests.unwrap_or_default());
        }
        Ok(Some(listed))
    }

    /// Lists the tags. `None`: the registry does not know the repository (404).
    ///
    /// # Errors
    /// Any other answer.
    // See: OCI distribution-spec, "Listing Tags"
    pub async fn tags(&self) -> Result<Option<Vec<String>>, RegistryError> {
        let what = format!("tags of `{}`", self.name());
        let first = self.url("tags/list", &what)?;
        let Some(pages) = self.pages(first, &what, "application/json").await? else { return Ok(None) };
        let mut listed = Vec::new();
        for bytes in pages {
            let malformed = |error| RegistryError::Malformed {
                what: what.clone(),
                reason: format!("not a list of tags: {error}"),
            };
            listed
                .extend(serde_json::from_slice::<Tags>(&bytes).map_err(malformed)?.tags.unwrap_or_default());
        }
        Ok(Some(listed))
    }

    async fn pages(&self, first: Url, what: &str, accept: &str) -> Result<Option<Vec<Bytes>>, RegistryError> {
        let mut pages = Vec::new();
        let mut next = Some(first);
        while let Some(url) = next {
            if pages.len() == MAX_PAGES {
                let reason = format!("the list has more than {MAX_PAGES} pages");
                return Err(RegistryError::Malformed { what: what.to_owned(), reason });
            }
            let Some(page) = self.page(url, what, accept).await? else { return absent(&pages, what) };
            pages.push(page.bytes);
            next = page.next;
        }
        Ok(Some(pages))
    }

    async fn page(&self, url: Url, what: &str, accept: &str) -> Result<Option<Page>, RegistryError> {
        self.session.attempts().until_answered(|| self.try_page(url.clone(), what, accept)).await
    }

    async fn try_page(&self, url: Url, what: &str, accept: &str) -> Result<Option<Page>, RegistryError> {
        let answer = self.read(Method::GET, url, what, &|request| request.header("accept", accept)).await?;
        match answer.status() {
            StatusCode::OK if is_json(&answer) => {}
            StatusCode::OK | StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(answer.refused(what, "200").await),
        }
        let next = self.next_page(&answer, what)?;
        Ok(Some(Page { bytes: answer.bounded(what, oci::MAX_MANIFEST_BYTES).await?, next }))
    }

    /// Returns where the next page is; a list does not continue at another host.
    fn next_page(&self, answer: &Answer, what: &str) -> Result<Option<Url>, RegistryError> {
        let headers = answer.headers(LINK.as_str());
        let Some(link) = headers.iter().find_map(|text| next_link(text)) else { return Ok(None) };
        let next = next_place(answer.url(), link, what)?;
        if is_at(&next, &self.endpoint) {
            return Ok(Some(next));
        }
        let reason = format!("the list continues at another host, expected `{}`", self.endpoint.host);
        Err(RegistryError::Malformed { what: what.to_owned(), reason })
    }
}

/// A list that is there in part only is no list.
fn absent(pages: &[Bytes], what: &str) -> Result<Option<Vec<Bytes>>, RegistryError> {
    match pages.len() {
        0 => Ok(None),
        read => {
            let reason = format!("the list breaks off after {read} pages: the next page is missing");
            Err(RegistryError::Malformed { what: what.to_owned(), reason })
        }
    }
}

/// A page of HTML with a 200 is how some registries say that they have no such API.
fn is_json(answer: &Answer) -> bool {
    content_type(answer).is_none_or(|text| text == "application/json" || text.ends_with("+json"))
}

/// Returns the address of the next page in a header.
// See: RFC 8288
fn next_link(header: &str) -> Option<&str> {
    header.split('<').skip(1).find_map(|link| {
        let (address, parameters) = link.split_once('>')?;
        let mut words = parameters.split([';', ',']).map(str::trim);
        words
            .any(|word| word.eq_ignore_ascii_case("rel=\"next\"") || word.eq_ignore_ascii_case("rel=next"))
            .then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links() {
        for (header, expected) in [
            ("</v2/a/tags/list?last=b>; rel=\"next\"", Some("/v2/a/tags/list?last=b")),
            ("</first>; rel=\"first\", </next>; rel=next", Some("/next")),
            ("<https://x/y?a=1,2>;title=t; REL=\"next\"", Some("https://x/y?a=1,2")),
            ("</first>; rel=\"first\"", None),
            ("</v2/", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), expected, "{header}");
        }
    }
}
