/* The checks of `ceralacca audit`. A new one is a row here and a function; its id is never given to another. */
#include "cli/cli_audit.h"

const struct audit_check audit_checks[] = {
	{ "server.running", "the server runs", audit_running, "start it: systemctl start ceralacca" },
	{ "server.users", "each role has a user of its own", audit_own_users, "start the server as root: it gives each role its own user and keeps none of root's rights" },
	{ "server.restarts", "no role dies", audit_restarts, "look for role.ended in the log and report it" },
	{ "walls", "each role behind its walls", audit_walls,
	  "use a kernel with Landlock (5.13, better 6.12), and start as root, so that each role gets an empty root folder" },
	{ "listeners", "what listens answers", audit_listeners, "look into the log for the role that serves it" },
	{ "firewall.kernel", "the kernel drops what is banned", audit_firewall,
	  "give the server CAP_NET_ADMIN (in a container: --cap-add NET_ADMIN) and a kernel with nf_tables" },
	{ "tls.certificate", "a certificate that clients can verify", audit_certificate,
	  "put a certificate from an authority into keys/tls.crt, its key into keys/tls.key, and run: ceralacca reload" },
	{ "dns.validation", "DNS answers are validated (DNSSEC)", audit_resolver,
	  "set resolver.forward to [root], or to name servers that pass on DNSSEC records" },
	{ "people.administrators", "administrators", audit_administrators, "lock those who left: ceralacca user lock ADDRESS" },
	{ "people.second-factor", "administrators have a second factor", audit_second_factor,
	  "give each administrator one: ceralacca user totp enroll ADDRESS" },
	{ "people.password-policy", "what a password must be", audit_password_policy, "ask for more: ceralacca policy set organisation profile=default" },
	{ "audit.log", "the log of security acts is whole", audit_log,
	  "somebody changed the data folder: compare with a backup, then with what ceralacca log audit exported" },
	{ "files", "nobody else reads or writes the data folder", audit_files, "take the rights of group and others away: chmod go-rwx" },
	{ "disk.reserve", "room on the disk", audit_disk, "free space, or a larger disk: below the reserve new mail is put off" },
	{ "config", "no line that weakens", audit_conf, "remove the line from ceralacca.yaml and run: ceralacca reload" },
};
const size_t audit_check_count = COUNT_OF(audit_checks);
