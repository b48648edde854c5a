#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CHANNEL_FD = 3, DIR_FD = 4, SCRATCH_FD = 100 };

/* Between fork and exec: only calls that are safe there. Moves the two descriptors to their places, through high numbers so
 * that neither lands on the other. */
static noreturn_fn void become_role(char **argv, int channel, int dir, pid_t parent)
{
	static char locale[] = "LC_ALL=C.UTF-8";
	static char *const environment[] = { locale, NULL };
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Ctrl-C and a service manager's signal to the whole group are for the parent, which stops us in order */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	int high_channel = fcntl(channel, F_DUPFD, SCRATCH_FD), high_dir = dir >= 0 ? fcntl(dir, F_DUPFD, SCRATCH_FD) : -1;
	if (high_channel < 0 || dup2(high_channel, CHANNEL_FD) < 0 || (dir >= 0 && dup2(high_dir, DIR_FD) < 0))
		_exit(1);
	syscall(SYS_close_range, dir >= 0 ? DIR_FD + 1 : CHANNEL_FD + 1, ~0u, 0);
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(1);
	if (null > STDERR_FILENO)
		close(null);
	execve("/proc/self/exe", argv, environment);
	_exit(127);
}

int spawn_role(const char *role, int channel, int dir, pid_t *ret)
{
	char name[64];
	snprintf(name, sizeof name, "--role=%s", role);
	char program[] = "ceralacca";
	char *argv[] = { program, name, NULL };
	pid_t parent = getpid(), pid = fork();
	if (pid < 0)
		return E_BUSY;
	if (pid == 0)
		become_role(argv, channel, dir, parent);
	*ret = pid;
	return OK;
}
