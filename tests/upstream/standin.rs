//! What runs in place of a program that could not be had. Standard library only; compiled into a static program.
//!
//! It says what it stands in for, answers 200 on the ports in `STANDIN_PORTS`, and ends on SIGTERM, also as process 1.
//! Without ports it ends at once: that is what an init container or a job waits for.

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

fn main() {
    unsafe {
        signal(SIGTERM, end);
        signal(SIGINT, end);
    }
    let what = std::env::var("STANDIN_FOR").unwrap_or_else(|_| "an unnamed program".to_owned());
    let ports = std::env::var("STANDIN_PORTS").unwrap_or_default();
    println!("stand-in for {what}: this is not the real program");
    let servers: Vec<_> = ports.split(',').filter_map(|port| port.parse().ok()).map(serve).collect();
    for server in servers {
        let _ = server.join();
    }
}

fn serve(port: u16) -> std::thread::JoinHandle<()> {
    // The wildcard of IPv6 takes IPv4 too; where there is no IPv6 the one of IPv4 is taken.
    let listener = TcpListener::bind(("::", port)).or_else(|_| TcpListener::bind(("0.0.0.0", port)));
    let listener = listener.unwrap_or_else(|error| {
        eprintln!("error: cannot listen on port {port}: {error}");
        std::process::exit(1)
    });
    println!("answering on port {port}");
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer))
}

/// Reads one request's head and says that all is well.
fn answer(stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut lines = BufReader::new(&stream).lines();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n";
    let _ = (&stream).write_all(head.as_bytes());
}
