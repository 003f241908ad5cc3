//! Live probes: templates that render to a list of connections between short-lived pods, and whether each must be open.

use serde::Deserialize;

use crate::render::error::{Faults, RenderError};
use crate::render::images::naming::Naming;
use crate::render::yaml::parse;
use crate::rendered::{LiveEnd, LiveExpectation, LiveProbe};
use crate::report::printable;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct WrittenProbe {
    name: String,
    image: String,
    from: LiveEnd,
    to: LiveEnd,
    port: u16,
    expect: LiveExpectation,
}

/// Reads the live probes of a rendered text, and gives their images the names under which nodes pull them.
pub(in crate::render) fn read(
    text: &str,
    file: &str,
    naming: &mut Naming<'_>,
    faults: &mut Faults,
) -> Vec<LiveProbe> {
    let parsed = parse::<Option<Vec<WrittenProbe>>>(text);
    let parsed = parsed.map_err(|fault| RenderError::Yaml { file: file.to_owned(), rendered: true, fault });
    let written = faults.keep(parsed).flatten().unwrap_or_default();
    written.into_iter().filter_map(|probe| faults.keep(probe.named(file, naming))).collect()
}

impl WrittenProbe {
    fn named(self, file: &str, naming: &mut Naming<'_>) -> Result<LiveProbe, RenderError> {
        let fault = |reason: String| {
            let probe = printable(&self.name, 80);
            RenderError::Probe { file: file.to_owned(), probe, reason }
        };
        if self.port == 0 {
            return Err(fault("expected a `port` from 1 to 65535, found 0".to_owned()));
        }
        let image = naming.pulled(&self.image).map_err(|problem| fault(format!("`image`: {problem}")))?;
        let Self { name, from, to, port, expect, .. } = self;
        Ok(LiveProbe { name, image, from, to, port, expect })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::render::images::map::{Carried, ImageMap};
    use crate::spec::site::SiteRegistry;

    fn read_probes(text: &str) -> Result<Vec<LiveProbe>, String> {
        let carried = Carried {
            reference: "a/b:1".parse().unwrap(),
            digest: Digest::of(b""),
            kind: crate::spec::ItemKind::Image,
        };
        let site = SiteRegistry { address: "r.lan".into(), ..SiteRegistry::default() };
        let images = ImageMap::new(&site, [carried]);
        let (mut naming, mut faults) = (Naming::new(&images), Faults::default());
        let probes = read(text, "layers/10-x/live.yaml", &mut naming, &mut faults);
        faults.or(probes).map_err(|faults| faults.to_string())
    }

    fn written(image: &str, port: u32) -> String {
        format!(
            "- {{name: p, image: {image}, from: {{namespace: a}}, to: {{namespace: b, labels: {{app: c}}}}, port: {port}, expect: closed}}\n"
        )
    }

    #[test]
    fn the_image_is_the_one_in_the_bundle() {
        let probes = read_probes(&written("a/b", 80)).unwrap();
        assert_eq!(probes[0].image, format!("docker.io/a/b:1@{}", Digest::of(b"")));
        assert_eq!(probes[0].to.labels["app"], "c");
        assert_eq!(probes[0].expect, LiveExpectation::Closed);
        assert_eq!(read_probes("# none\n"), Ok(vec![]));
    }

    #[test]
    fn an_image_that_is_not_in_the_bundle_is_refused() {
        insta::assert_snapshot!(
            [
                read_probes(&written("other/image", 80)).unwrap_err(),
                read_probes(&written("a/b", 0)).unwrap_err(),
            ]
            .join("\n")
        );
    }
}
