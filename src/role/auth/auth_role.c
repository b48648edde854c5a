/* The process that verifies passwords. Nothing from outside reaches it but through a decoded message of a front end. */
#include "role/auth/auth_admin.h"
#include "role/auth/auth_breached.h"
#include "role/auth/auth_change.h"
#include "role/auth/auth_guard.h"
#include "role/auth/auth_keep.h"
#include "role/auth/auth_oauth.h"
#include "role/auth/auth_seal.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/role_run.h"

#include <unistd.h>

static unsigned cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
}

static unsigned at_once;

static void setup(void)
{
	at_once = cores();          /* read from a file, so before the walls */
	pool_size(at_once);
}

static int open_auth(const struct conf *c)
{
	(void)c;
	return auth_start(&(struct auth_limits){ at_once, VERIFY_WAITING_MOST, DELAY_FIRST_MS, DELAY_MOST_MS });
}

static int prepare(const struct conf *c, int dir)
{
	(void)c;
	auth_breached_prepare(dir);
	return auth_seal_prepare(dir);
}

static void first_load(void *arg)
{
	(void)arg;
	auth_params_load();
	auth_params_changed();
}

static void started(const struct conf *c)
{
	(void)c;
	fiber_start(first_load, NULL);
	auth_oauth_sweep_start();
}

static const struct ipc_service services[] = {
	IPC_SERVE_FIBER(sign_in, auth_on_sign_in), IPC_SERVE_FIBER(auth_admin, auth_on_admin), IPC_SERVE_FIBER(web_sign_in, auth_on_web_sign_in),
	IPC_SERVE_FIBER(token_sign_in, auth_on_token_sign_in),
	IPC_SERVE_FIBER(scram_first, auth_on_scram_first), IPC_SERVE_FIBER(scram_final, auth_on_scram_final),
	IPC_SERVE_FIBER(web_session, auth_on_web_session), IPC_SERVE_FIBER(web_sign_out, auth_on_web_sign_out),
	IPC_SERVE_FIBER(oauth_client, auth_on_oauth_client), IPC_SERVE_FIBER(oauth_approve, auth_on_oauth_approve),
	IPC_SERVE_FIBER(oauth_token, auth_on_oauth_token), IPC_SERVE_FIBER(oauth_revoke, auth_on_oauth_revoke),
	IPC_SERVE_FIBER(oauth_device_begin, auth_on_oauth_device_begin), IPC_SERVE_FIBER(oauth_device_find, auth_on_oauth_device_find),
	IPC_SERVE_FIBER(oauth_device_decide, auth_on_oauth_device_decide), IPC_SERVE(guard_account, auth_guard_on_account),
	IPC_SERVE_FIBER(password_change, auth_on_password_change),
};

const struct role_spec auth_role = {
	.role = ROLE_AUTH,
	.policy = { .threads = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.setup = setup,
	.prepare = prepare,
	.open = open_auth,
	.started = started,
};
