/* Switches stacks: saves the callee-saved registers on the current stack, stores its pointer in *save, and
 * continues at the stack `to` that an earlier switch or fiber_stack_prepare left. */
#ifndef IO_FIBER_SWITCH_H
#define IO_FIBER_SWITCH_H

void fiber_switch(void **save, void *to);
/* Lays out a fresh stack (top: its highest address, 16-byte aligned) so that switching to it calls entry(). */
void *fiber_stack_prepare(void *top, void (*entry)(void));

#endif
