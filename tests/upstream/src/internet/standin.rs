//! What runs in place of a program that could not be had. Standard library only; compiled into a static program.
//!
//! It says what it stands in for, checks what that program would be told, answers on the ports in `STANDIN_PORTS`, and ends on
//! SIGTERM, also as process 1. Without ports it ends at once: that is what an init container or a job waits for. Of those that
//! it does not know by name it checks nothing, and answers 200 to everything. `standin_checks.rs` is the rest of this file.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn _exit(code: i32) -> !;
}

/// Process 1 has no default for a signal: without a handler SIGTERM would be ignored.
extern "C" fn end(_: i32) {
    unsafe { _exit(0) }
}

/// Where a program answers, by its port's place in `STANDIN_PORTS`; `None`: to everything.
type Paths = fn(usize) -> Option<&'static [&'static str]>;

fn main() {
    unsafe {
        signal(SIGTERM, end);
        signal(SIGINT, end);
    }
    let what = std::env::var("STANDIN_FOR").unwrap_or_else(|_| "an unnamed program".to_owned());
    let ports = std::env::var("STANDIN_PORTS").unwrap_or_default();
    println!("stand-in for {what}: this is not the real program");
    let (problems, paths): (Vec<String>, Paths) = match what.split(' ').next() {
        Some("Falco") => (checks::falco(), |_| Some(&["/healthz", "/metrics", "/versions"])),
        Some("falcosidekick") => (checks::falcosidekick(), |_| Some(&["/", "/ping", "/healthz", "/metrics"])),
        Some("k8s-metacollector") => (checks::metacollector(), |place| match place {
            0 => Some(&["/metrics"]),
            1 => Some(&["/healthz", "/readyz"]),
            _ => None,
        }),
        _ => (Vec::new(), |_| None),
    };
    for problem in &problems {
        eprintln!("error: {problem}");
    }
    if !problems.is_empty() {
        std::process::exit(1);
    }
    let ports = ports.split(',').filter_map(|port| port.parse().ok()).enumerate();
    let servers: Vec<_> = ports.map(|(place, port)| serve(port, paths(place))).collect();
    for server in servers {
        let _ = server.join();
    }
}

fn serve(port: u16, paths: Option<&'static [&'static str]>) -> std::thread::JoinHandle<()> {
    // The wildcard of IPv6 takes IPv4 too; where there is no IPv6 the one of IPv4 is taken.
    let listener = TcpListener::bind(("::", port)).or_else(|_| TcpListener::bind(("0.0.0.0", port)));
    let listener = listener.unwrap_or_else(|error| {
        eprintln!("error: cannot listen on port {port}: {error}");
        std::process::exit(1)
    });
    println!("answering on port {}", listener.local_addr().map_or(port, |address| address.port()));
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, paths)))
}

/// Reads one request's head and says that all is well, or that there is nothing at this path.
fn answer(stream: TcpStream, paths: Option<&[&str]>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut lines = BufReader::new(&stream).lines();
    let request = lines.next().and_then(Result::ok).unwrap_or_default();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let asked = request.split(' ').nth(1).and_then(|target| target.split('?').next()).unwrap_or_default();
    let status = match paths {
        Some(paths) if !paths.contains(&asked) => "404 Not Found",
        _ => "200 OK",
    };
    let head = "content-type: text/plain\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n";
    let _ = (&stream).write_all(format!("HTTP/1.1 {status}\r\n{head}").as_bytes());
}
