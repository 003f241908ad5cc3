
/// What the stand-ins of Falco's parts check of what they are told. These are looks at single lines, and no reading of YAML: they
/// find what they look for in the form in which the layers write it. `STANDIN_ROOT` is put before every path.
mod checks {
    use std::fs;
    use std::path::PathBuf;

    const PLUGINS: &str = "/usr/share/falco/plugins";
    const DROP_INS: &str = "/etc/falco/config.d";

    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn path(path: &str) -> PathBuf {
        format!("{}{path}", variable("STANDIN_ROOT").unwrap_or_default()).into()
    }

    /// Falco: its files, its plugins, its node.
    pub fn falco() -> Vec<String> {
        let config = match fs::read_to_string(path("/etc/falco/falco.yaml")) {
            Ok(config) => config,
            Err(error) => return vec![format!("cannot read /etc/falco/falco.yaml: {error}")],
        };
        let mut problems = plugins(&config);
        problems.extend(lines(&config));
        problems.extend(sockets(&config));
        for file in list(&config, "rules_files").into_iter().filter(|file| !path(file).exists()) {
            problems.push(format!("there are no rules in {file}"));
        }
        for name in ["FALCO_K8S_NODE_NAME", "HOST_ROOT"].into_iter().filter(|name| variable(name).is_none()) {
            problems.push(format!("{name} is not set"));
        }
        problems
    }

    fn plugins(config: &str) -> Vec<String> {
        let mut loaded = list(config, "load_plugins");
        if list(config, "config_files").iter().any(|folder| folder == DROP_INS) {
            let files = fs::read_dir(path(DROP_INS)).into_iter().flatten().flatten();
            let mut files: Vec<_> = files.map(|file| file.path()).collect();
            files.sort();
            let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
            loaded.extend(texts.flat_map(|text| list(&text, "load_plugins")));
        }
        let mut problems = Vec::new();
        for (place, name) in loaded.iter().enumerate() {
            let library = format!("{PLUGINS}/lib{name}.so");
            if loaded[..place].contains(name) {
                problems.push(format!("cannot register plugin: found another plugin with name {name}. Aborting."));
            } else if !config.lines().any(|line| line.trim() == format!("- name: {name}")) {
                problems.push(format!("Cannot load plugin '{name}': plugin config not found for given name"));
            } else if !path(&library).exists() {
                problems.push(format!("cannot load plugin {library}: no such file"));
            }
        }
        let missing = ["container", "k8smeta"].into_iter().filter(|name| !loaded.iter().any(|one| one == name));
        problems.extend(missing.map(|name| format!("plugin {name} is not loaded")));
        problems
    }

    fn lines(config: &str) -> Vec<String> {
        let starts = |beginning: &str| config.lines().any(|line| line.starts_with(beginning));
        let mut problems = Vec::new();
        for key in ["grpc:", "grpc_output:", "  gvisor:", "  ebpf:"].into_iter().filter(|key| starts(key)) {
            problems.push(format!("unknown key {}", key.trim()));
        }
        // Falco turns what is empty into null, and no plugin's schema permits null.
        let plugins = config.lines().skip_while(|line| *line != "plugins:").skip(1);
        for line in plugins.take_while(|line| line.starts_with([' ', '-', '#'])) {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if !line.starts_with('#') && [": []", ": {}", ": ~", ": null"].iter().any(|empty| line.contains(empty)) {
                problems.push(format!("error in plugin init config: Value type not permitted by 'type' constraint: {line}"));
            }
        }
        for key in ["  kind: modern_ebpf", "json_output: true"].into_iter().filter(|key| !starts(key)) {
            problems.push(format!("the line `{}` is missing", key.trim()));
        }
        problems
    }

    /// The sockets of the engine `cri`, below HOST_ROOT.
    fn sockets(config: &str) -> Vec<String> {
        let mut engine = config.lines().skip_while(|line| line.trim() != "cri:").skip(1);
        let on = engine.next().is_some_and(|line| line.trim() == "enabled: true");
        let sockets = engine.next().map(|line| items(line.trim().trim_start_matches("sockets:"))).unwrap_or_default();
        if !on || sockets.is_empty() {
            return vec!["engine cri is off: every container counts as the host".to_owned()];
        }
        let root = variable("HOST_ROOT").unwrap_or_default();
        let missing = sockets.into_iter().filter(|socket| !path(&format!("{root}{socket}")).exists());
        missing.map(|socket| format!("nobody listens at {root}{socket}")).collect()
    }

    /// Returns the items of a list at the top of a file, in brackets or one a line.
    fn list(text: &str, key: &str) -> Vec<String> {
        let start = format!("{key}:");
        let mut lines = text.lines().skip_while(|line| !line.starts_with(&start));
        let first = lines.next().and_then(|line| line.strip_prefix(&start)).unwrap_or_default().trim();
        if !first.is_empty() {
            return items(first);
        }
        let rest = lines.map(str::trim).take_while(|line| line.starts_with("- "));
        rest.map(|line| line.trim_start_matches("- ").trim_matches('"').to_owned()).collect()
    }

    /// Returns what stands in brackets.
    fn items(text: &str) -> Vec<String> {
        let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
        inner.split(',').map(|item| item.trim().trim_matches('"').to_owned()).filter(|item| !item.is_empty()).collect()
    }

    /// The collector: without its subcommand upstream's program prints its help and ends.
    pub fn metacollector() -> Vec<String> {
        match std::env::args().nth(1).as_deref() {
            Some("run") => Vec::new(),
            _ => vec!["usage: meta-collector run".to_owned()],
        }
    }

    /// Falcosidekick: where it sends alerts.
    pub fn falcosidekick() -> Vec<String> {
        let hosts = variable("ALERTMANAGER_HOSTPORT").unwrap_or_default();
        let whole = |host: &&str| {
            let rest = host.strip_prefix("http://").or_else(|| host.strip_prefix("https://"));
            !rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
        let wrong = hosts.split(',').filter(|host| !host.is_empty()).filter(whole);
        wrong.map(|host| format!("ALERTMANAGER_HOSTPORT: {host} is not an address")).collect()
    }
}
