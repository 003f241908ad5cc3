//! The files below `src`, and which of them imports which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::code::Code;
use super::imports::{ModulePath, file_of, imports, of_product};

/// The most files that a folder may have, subfolders not counted.
pub const MOST_FILES: usize = 15;

/// The source files by their path of modules, and the number of files of each folder.
#[derive(Default)]
pub struct Sources {
    pub files: BTreeMap<ModulePath, Code>,
    pub folders: BTreeMap<String, usize>,
    tests: BTreeSet<ModulePath>,
}

impl Sources {
    pub fn read(folder: &Path) -> Self {
        let mut sources = Self::default();
        sources.visit(folder, &[]);
        let declared = |(module, code): (&ModulePath, &Code)| {
            code.test_modules
                .iter()
                .map(|name| [module.as_slice(), std::slice::from_ref(name)].concat())
                .collect::<Vec<_>>()
        };
        sources.tests = sources.files.iter().flat_map(declared).collect();
        sources
    }

    fn visit(&mut self, folder: &Path, module: &[String]) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let below = [module, std::slice::from_ref(&name)].concat();
            if path.is_dir() {
                self.visit(&path, &below);
                continue;
            }
            // What insta leaves of a failed run is hidden.
            if name.starts_with('.') {
                continue;
            }
            *self.folders.entry(module.join("/")).or_default() += 1;
            if path.extension().is_some_and(|extension| extension == "rs") {
                self.files.insert(below, Code::read(&fs::read_to_string(&path).expect("a source file")));
            }
        }
    }

    /// Tells whether a file is compiled for tests only.
    fn is_test(&self, module: &[String]) -> bool {
        (1..=module.len()).any(|length| self.tests.contains(&module[..length]))
    }

    /// Returns the files that are part of the product, and their code.
    pub fn product(&self) -> impl Iterator<Item = (&ModulePath, &Code)> {
        self.files.iter().filter(|(module, _)| !self.is_test(module))
    }

    /// Returns the modules at the top that a file names from the root, tests included.
    pub fn named(&self) -> Vec<(&ModulePath, String)> {
        let named = |(module, code): (&'_ ModulePath, &Code)| -> Vec<String> {
            // Below a test module `super` is another one, `crate` is not.
            let nowhere = ["-", "-", "-"].map(str::to_owned);
            let paths = imports(&nowhere, &code.all, &[]).into_iter();
            let first = paths.filter_map(|path| path.into_iter().next());
            first.filter(|name| name != "-" && *name != module[0]).collect()
        };
        self.files.iter().flat_map(|one| named(one).into_iter().map(move |name| (one.0, name))).collect()
    }

    /// Returns which product file imports which, within one module at the top.
    pub fn imports_within(&self, top: &str) -> BTreeMap<&ModulePath, BTreeSet<ModulePath>> {
        let known: BTreeSet<ModulePath> = self.product().map(|(module, _)| module.clone()).collect();
        let mut graph = BTreeMap::new();
        for (module, code) in self.product().filter(|(module, _)| module[0] == top) {
            let files = of_product(module, code).into_iter().filter_map(|path| file_of(&path, &known));
            graph.insert(module, files.filter(|file| file != module && file[0] == top).collect());
        }
        graph
    }
}

/// Returns the circles of a graph: the groups of files that import each other, directly or over others.
pub fn circles(graph: &BTreeMap<&ModulePath, BTreeSet<ModulePath>>) -> Vec<Vec<String>> {
    let reached: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
        graph.keys().map(|from| (*from, reach(graph, from))).collect();
    let mut circles = BTreeSet::new();
    for (from, seen) in reached.iter().filter(|(from, seen)| seen.contains(*from)) {
        let group = seen.iter().filter(|other| reached.get(**other).is_some_and(|seen| seen.contains(from)));
        circles.insert(group.map(|file| file.join("/")).collect::<Vec<_>>());
    }
    circles.into_iter().collect()
}

fn reach<'g>(
    graph: &'g BTreeMap<&ModulePath, BTreeSet<ModulePath>>,
    from: &ModulePath,
) -> BTreeSet<&'g ModulePath> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        for other in graph.get(file).into_iter().flatten() {
            if seen.insert(other) {
                next.push(other);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_import_each_other_over_others_are_a_circle() {
        let path = |name: &str| vec![name.to_owned()];
        let names = ["a", "b", "c", "d"].map(path);
        let edges = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["b", "d"]), ("d", vec![])];
        let graph = names
            .iter()
            .zip(edges)
            .map(|(file, (_, to))| (file, to.into_iter().map(path).collect()))
            .collect();
        assert_eq!(circles(&graph), [["b", "c"]]);
    }
}
