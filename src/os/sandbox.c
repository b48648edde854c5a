#include "os/sandbox.h"

#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's linux/landlock.h. */
#define LL_FS_ALL_1 ((1ull << 13) - 1)
#define LL_FS_REFER (1ull << 13)
#define LL_FS_TRUNCATE (1ull << 14)
#define LL_FS_IOCTL_DEV (1ull << 15)
#define LL_NET_BIND (1ull << 0)
#define LL_NET_CONNECT (1ull << 1)
#define LL_SCOPE_ABSTRACT (1ull << 0)
#define LL_SCOPE_SIGNAL (1ull << 1)
struct ll_ruleset { uint64_t fs, net, scoped; };
enum { LL_SIZE_1 = 8, LL_SIZE_4 = 16, LL_SIZE_6 = 24 };

static void wall(struct buf *walls, const char *word, bool stands)
{
	struct bufw w = { .b = walls };
	bufw_printf(&w, "%s%s%s", walls->n ? " " : "", stands ? "" : "-", word);
}

static int landlock(const struct sandbox_policy *p, int dir, struct buf *walls)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		wall(walls, "landlock", false);
		return OK;
	}
	struct ll_ruleset rules = { .fs = LL_FS_ALL_1 };
	if (abi >= 2)
		rules.fs |= LL_FS_REFER;
	if (abi >= 3)
		rules.fs |= LL_FS_TRUNCATE;
	if (abi >= 5)
		rules.fs |= LL_FS_IOCTL_DEV;
	if (abi >= 4)
		rules.net = LL_NET_BIND | (p->connect_tcp ? 0 : LL_NET_CONNECT);
	if (abi >= 6)
		rules.scoped = LL_SCOPE_ABSTRACT | LL_SCOPE_SIGNAL;
	auto_fd set = (int)syscall(SYS_landlock_create_ruleset, &rules, abi >= 6 ? LL_SIZE_6 : abi >= 4 ? LL_SIZE_4 : LL_SIZE_1, 0);
	if (set < 0)
		return E_IO;
	if (dir >= 0 && (p->own_folder || p->files_read)) {
		uint64_t read_only = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
		uint64_t own = rules.fs & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
			LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM);
		struct landlock_path_beneath_attr below = { .allowed_access = p->own_folder ? own : read_only, .parent_fd = dir };
		if (syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &below, 0) != 0)
			return E_IO;
	}
	if (syscall(SYS_landlock_restrict_self, set, 0) != 0)
		return E_IO;
	struct bufw w = { .b = walls };
	bufw_printf(&w, " landlock-%ld", abi);
	return OK;
}

/* What every role needs: memory, its loop, its descriptors, time, random, ending. */
static const int base_calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(sendto), SCMP_SYS(close), SCMP_SYS(shutdown), SCMP_SYS(dup), SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(pipe2), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(ftruncate), SCMP_SYS(memfd_create),
	SCMP_SYS(munmap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mremap), SCMP_SYS(mlock), SCMP_SYS(munlock),
	SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getcpu), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
};
static const int accept_calls[] = { SCMP_SYS(accept4), SCMP_SYS(setsockopt) };
static const int connect_calls[] = { SCMP_SYS(connect), SCMP_SYS(setsockopt), SCMP_SYS(bind) };
/* libnftables; the socket itself stands in allow_some */
static const int netfilter_calls[] = { SCMP_SYS(bind), SCMP_SYS(setsockopt), SCMP_SYS(select), SCMP_SYS(pselect6) };
static const int file_calls[] = {
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(getdents64), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(fadvise64),
	SCMP_SYS(statx), SCMP_SYS(chdir), SCMP_SYS(fchdir), SCMP_SYS(readahead), SCMP_SYS(flock),
};
static const int write_file_calls[] = {
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(fallocate), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(link),
	SCMP_SYS(linkat), SCMP_SYS(truncate), SCMP_SYS(utime), SCMP_SYS(utimensat), SCMP_SYS(fchmod), SCMP_SYS(chmod), SCMP_SYS(umask),
};

static int allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return E_IO;
	return OK;
}

#define ALLOW(f, list) allow((f), (list), COUNT_OF(list))

/* Calls that are harmless only with certain arguments. */
static int allow_some(scmp_filter_ctx f, const struct sandbox_policy *p)
{
	int bad = 0;
	/* memory that is executable is never made */
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));     /* reading limits only */
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, FIONBIO));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, FIONREAD));
	static const int fcntls[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD_SEALS, F_GET_SEALS, F_DUPFD_CLOEXEC };
	for (size_t i = 0; i < COUNT_OF(fcntls); i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntls[i]));
	if (p->own_folder) {
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETLK));
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SET_RW_HINT));
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SET_FILE_RW_HINT));
	}
	/* a signal to itself: abort() */
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	if (p->threads) {
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(setpriority), 2, SCMP_A0(SCMP_CMP_EQ, PRIO_PROCESS), SCMP_A1(SCMP_CMP_EQ, 0));
	}
	/* clone3 hides its flags from us: glibc falls back to clone when it is not there */
	bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	static const int families[] = { AF_INET, AF_INET6 };
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		if (p->connect_tcp)
			bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]),
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM));
		if (p->udp)
			bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]),
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
	}
	if (p->net_admin)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK), SCMP_A2(SCMP_CMP_EQ, NETLINK_NETFILTER));
	return bad ? E_IO : OK;
}

static int filter_calls(const struct sandbox_policy *p)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!f)
		return E_IO;
	int r = ALLOW(f, base_calls);
	if (r == OK)
		r = allow_some(f, p);
	if (r == OK && p->accept)
		r = ALLOW(f, accept_calls);
	if (r == OK && (p->connect_tcp || p->udp))
		r = ALLOW(f, connect_calls);
	if (r == OK && p->net_admin)
		r = ALLOW(f, netfilter_calls);
	if (r == OK && (p->own_folder || p->files_read))
		r = ALLOW(f, file_calls);
	if (r == OK && p->own_folder)
		r = ALLOW(f, write_file_calls);
	seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == OK && seccomp_load(f) != 0)
		r = E_IO;
	seccomp_release(f);
	return r;
}

static int drop_user(int dir, uid_t uid, struct buf *walls)
{
	if (dir >= 0 && fchdir(dir) != 0)
		return E_IO;
	if (geteuid() != 0) {
		wall(walls, "uid", false);
		wall(walls, "chroot", false);
		return OK;
	}
	/* an empty root: the own folder, or a directory in memory that nobody can reach any more */
	if (dir < 0 && chdir("/proc/self/fdinfo") != 0)
		return E_IO;
	if (chroot(".") != 0 || (dir < 0 && chdir("/") != 0))
		return E_IO;
	if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
		return E_IO;
	if (setuid(0) == 0)
		return E_DENIED;
	wall(walls, "uid", true);
	wall(walls, "chroot", true);
	return OK;
}

static int drop_capabilities(const struct sandbox_policy *p, struct buf *walls)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	if (p->net_admin && syscall(SYS_capget, &head, data) != 0)
		return E_IO;
	/* one that we have; an ordinary user has none to keep */
	uint32_t kept = p->net_admin ? data[0].permitted & 1u << CAP_NET_ADMIN : 0;
	data[0] = (struct __user_cap_data_struct){ kept, kept, 0 };
	data[1] = (struct __user_cap_data_struct){ 0 };
	bool none = syscall(SYS_capset, &head, data) == 0;
	wall(walls, "capabilities", none);
	return none ? OK : E_IO;
}

int sandbox_raise(const struct sandbox_policy *p, int dir, uid_t uid, struct buf *walls)
{
	struct rlimit no_core = { 0, 0 };
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (p->net_admin)
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return E_IO;
	wall(walls, "no-new-privileges", true);
	int r = landlock(p, dir, walls);
	if (r == OK)
		r = drop_user(dir, uid, walls);
	if (r == OK)
		r = drop_capabilities(p, walls);
	/* setuid makes a process dumpable again on some paths: say it last */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (r == OK)
		r = filter_calls(p);
	if (r == OK)
		wall(walls, "seccomp", true);
	return r;
}
