#include "os/walls.h"

#ifdef WALLS_TEST

#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each act returns >= 0 when it went through. */
static long open_passwd(void) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC); }
static long open_root(void) { return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 ? -1 : openat(AT_FDCWD, "/etc/hostname", O_RDONLY | O_CLOEXEC); }
static long create_file(void) { return open("/tmp/ceralacca-walls", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }
static long up_and_out(void) { return open("../../../../../../etc/passwd", O_RDONLY | O_CLOEXEC); }
static long exec_true(void) { return execve("/bin/true", (char *[]){ NULL }, (char *[]){ NULL }); }
static long exec_fd(void)
{
	auto_fd fd = memfd_create("x", MFD_CLOEXEC);
	return syscall(SYS_execveat, fd, "", (char *[]){ NULL }, (char *[]){ NULL }, AT_EMPTY_PATH);
}
static long make_process(void)
{
	long pid = syscall(SYS_fork);
	if (pid == 0)
		_exit(0);
	return pid;
}
static long vfork_process(void) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static long trace_parent(void) { return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL); }
static long trace_me(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL); }
static long read_parent(void)
{
	char c[8];
	struct iovec mine = { c, sizeof c }, theirs = { (void *)(uintptr_t)&open_passwd, sizeof c };
	return process_vm_readv(getppid(), &mine, 1, &theirs, 1, 0);
}
static long parent_mem(void)
{
	char path[32];
	struct buf b;
	buf_init(&b, sizeof path);
	long r = buf_printf(&b, "/proc/%d/mem", (int)getppid());
	if (r == OK)
		r = str_to_c(buf_str(&b), path, sizeof path);
	buf_done(&b);
	return r == OK ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}
static long pidfd_of_parent(void)
{
	long fd = syscall(SYS_pidfd_open, getppid(), 0);
	return fd < 0 ? fd : syscall(SYS_pidfd_getfd, fd, 0, 0);
}
static long signal_parent(void) { return kill(getppid(), SIGCONT); }
static long tcp_connect(void)
{
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (fd < 0)
		return -1;
	return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == ECONNREFUSED ? 0 : -1;
}
static long tcp_listen(void)
{
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	return fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ? -1 : listen(fd, 1);
}
static long udp_socket(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }
static long raw_socket(void) { return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP); }
static long netlink_socket(void) { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0); }
static long packet_socket(void) { return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); }
static long unix_socket(void)
{
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/private" };
	return fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != ECONNREFUSED) ? -1 : 0;
}
static long become_root(void) { return setuid(0); }
static long new_root(void) { return chroot("/"); }
static long mount_proc(void) { return mount("proc", "/proc", "proc", 0, NULL); }
static long namespaces(void) { return unshare(CLONE_NEWUSER); }
static long exec_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? -1 : 0;
}
static long make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}
static long load_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0); }
static long uring(void)
{
	char params[128] = { 0 };
	return syscall(SYS_io_uring_setup, 4, params);
}
static long perf(void) { return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0); }
static long keyring(void) { return syscall(SYS_keyctl, 0, -3, 1, 0, 0); }
static long faultfd(void) { return syscall(SYS_userfaultfd, 1); }
static long raise_limit(void)
{
	uint64_t limit[2] = { 1 << 20, 1 << 20 };
	return syscall(SYS_prlimit64, 0, 7, limit, NULL);
}
static long module(void) { return syscall(SYS_init_module, NULL, 0, ""); }
static long by_handle(void) { return syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0); }
static long set_time(void) { return syscall(SYS_clock_settime, 0, NULL); }

/* EFAULT and EINVAL mean that the kernel looked at the arguments: the wall did not stand. */
static const struct { const char *name; long (*act)(void); } acts[] = {
	{ "open-passwd", open_passwd }, { "open-root", open_root }, { "create-file", create_file }, { "path-escape", up_and_out },
	{ "exec", exec_true }, { "exec-memfd", exec_fd }, { "fork", make_process }, { "clone-process", vfork_process },
	{ "ptrace-parent", trace_parent }, { "ptrace-traceme", trace_me }, { "read-parent-memory", read_parent }, { "open-parent-mem", parent_mem },
	{ "steal-parent-fd", pidfd_of_parent }, { "signal-parent", signal_parent }, { "tcp-connect", tcp_connect }, { "tcp-listen", tcp_listen },
	{ "udp-socket", udp_socket }, { "raw-socket", raw_socket }, { "netlink-socket", netlink_socket }, { "packet-socket", packet_socket },
	{ "unix-connect", unix_socket }, { "become-root", become_root }, { "chroot", new_root }, { "mount", mount_proc },
	{ "user-namespace", namespaces }, { "executable-memory", exec_memory }, { "make-executable", make_executable }, { "bpf", load_bpf },
	{ "io-uring", uring }, { "perf", perf }, { "keyring", keyring }, { "userfaultfd", faultfd }, { "raise-limit", raise_limit },
	{ "kernel-module", module }, { "open-by-handle", by_handle }, { "set-clock", set_time },
};

void walls_probe(struct buf *report)
{
	struct bufw w = { .b = report };
	for (size_t i = 0; i < COUNT_OF(acts); i++) {
		errno = 0;
		long r = acts[i].act();
		bool refused = r < 0 && errno != EFAULT && errno != EINVAL;
		bufw_printf(&w, "%s\t%s\t%d\n", acts[i].name, refused ? "refused" : "allowed", r < 0 ? errno : 0);
	}
}

#endif
