/* SPDX-License-Identifier: MIT */
/* What Xen is told of a restored guest beside its memory: processors and clocks. Xen checks what is in it. */
#ifndef TOOLSTACK_RESTORE_VCPU_H
#define TOOLSTACK_RESTORE_VCPU_H

#include "host.h"
#include "stream_reader.h"

/* One of READER_VCPU_*: struct stream_vcpu and the state. */
int restore_vcpu(struct lightvm_host *host, const struct reader_domain *domain, enum reader_ask what,
                 const void *bytes, size_t size, struct lightvm_error *error);
int restore_tsc(struct lightvm_host *host, uint32_t domid, const void *bytes, size_t size,
                struct lightvm_error *error);
/* ENOTSUP: this host's processors lack what the guest was told it has. */
int restore_policy(struct lightvm_host *host, uint32_t domid, const void *leaves, size_t leaves_size,
                   const void *msrs, size_t msrs_size, struct lightvm_error *error);

#endif
