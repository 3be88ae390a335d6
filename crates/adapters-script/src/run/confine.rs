//! What the child gives up before it reads: memory and time beyond its limits, files, sockets, other processes.
//!
//! Limits that the process cannot take back hold on every Unix. On Linux a filter of system calls comes on top: nothing
//! that takes a path, an address or a process passes it.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::limits;

/// Limits this process for good.
///
/// # Errors
///
/// If the system refuses a limit; then nothing may be run.
pub(super) fn confine() -> io::Result<()> {
    for (resource, most) in [
        // What can be written counts, the program's own text does not.
        (Resource::Data, limits::MEMORY_BYTES),
        (Resource::Cpu, limits::CPU_SECONDS),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        // No further file, pipe or socket can be opened.
        (Resource::Nofile, 0),
    ] {
        lower(resource, most)?;
    }
    #[cfg(target_os = "linux")]
    filter_calls();
    Ok(())
}

fn lower(resource: Resource, most: u64) -> io::Result<()> {
    // The signal of the processor limit can be told from a kill only below the hard limit.
    let spare = u64::from(resource == Resource::Cpu);
    // Whoever started us may have less to give.
    let hard = getrlimit(resource)
        .maximum
        .unwrap_or(u64::MAX)
        .min(most + spare);
    let limit = Rlimit {
        current: Some(most.min(hard)),
        maximum: Some(hard),
    };
    Ok(setrlimit(resource, limit)?)
}

/// Lets pass only what computing, reading, writing and ending need. Every other call fails as not permitted.
///
/// Where the kernel has no such filter the limits alone must do; the engine offers a script none of these calls anyway.
#[cfg(target_os = "linux")]
fn filter_calls() {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

    let rules = PERMITTED.into_iter().map(|call| (call, Vec::new()));
    let Ok(architecture) = std::env::consts::ARCH.try_into() else {
        return;
    };
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules.collect(), refused, SeccompAction::Allow, architecture);
    if let Ok(program) = filter.and_then(BpfProgram::try_from) {
        let _ = apply_filter(&program);
    }
}

/// The calls that the allocator, the two pipes, the clocks, the seeds of our own tables and the end of a process need.
#[cfg(target_os = "linux")]
const PERMITTED: [libc::c_long; 20] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_read,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_write,
];
