//! Programs that must be on the machine, because they install and run the outside tools: which versions, and where they come from.

/// Such a program.
pub(crate) struct Host {
    /// As it is called.
    pub(crate) program: &'static str,
    /// The oldest version, major and minor, that the tools run with.
    pub(crate) oldest: (u32, u32),
    name: &'static str,
    with: &'static str,
    source: &'static str,
}

/// What the tools of npm run on.
pub(crate) const NODE: Host = Host {
    program: "node",
    oldest: (20, 19),
    name: "Node.js",
    with: "npm",
    source: "from Debian 13 on: apt-get install nodejs npm; else from nodejs.org",
};

/// What the tools of PyPI run on.
pub(crate) const PYTHON: Host = Host {
    program: "python3",
    oldest: (3, 11),
    name: "Python",
    with: "venv",
    source: "Debian: apt-get install python3 python3-venv",
};

impl Host {
    /// What is needed, in words: `Python 3.11 or newer with venv`.
    fn need(&self) -> String {
        let (major, minor) = self.oldest;
        format!("{} {major}.{minor} or newer with {}", self.name, self.with)
    }

    /// What to do if it is missing or too old.
    pub(crate) fn hint(&self) -> String {
        format!("install {} ({})", self.need(), self.source)
    }
}

/// What to do if a program is missing.
pub(crate) fn hint(program: &str) -> String {
    match program {
        "npm" | "node" => NODE.hint(),
        "python3" => PYTHON.hint(),
        _ => "install it and try again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_asks_for_what_the_tools_need() {
        let readme = std::fs::read_to_string(crate::workspace::root().join("README.md")).unwrap();
        for host in [NODE, PYTHON] {
            assert!(readme.contains(&host.need()), "the README does not ask for {}", host.need());
        }
    }
}
