#!/bin/sh
# Enters ROOT as the root folder of a mount namespace and starts a program there. suite.py calls it in a new mount and process namespace:
#
#   unshare --mount --pid --fork --kill-child enter_root.sh ROOT WORK STATE PROGRAM ARGUMENT...
#
# A `chroot` is not enough: runc cannot pivot_root in one, so neither RUN nor the docker-container driver would work. ROOT itself stays as
# it is: writes go to STATE, a folder whose contents are lost. WORK has the same path inside.
set -eu
root=$1 work=$2 state=$3
shift 3

mount --make-rprivate /
mkdir -p "$state"
mount -t tmpfs rackform "$state"
mkdir "$state/upper" "$state/changes" "$state/root"
mount -t overlay rackform -o "lowerdir=$root,upperdir=$state/upper,workdir=$state/changes" "$state/root"

cd "$state/root"
mkdir -p proc sys dev run tmp old etc var/lib/docker
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
for folder in run tmp var/lib/docker; do mount -t tmpfs rackform "$folder"; done
# Docker creates these of its containers from those of the host.
cp -L /etc/hosts /etc/resolv.conf etc/ 2>/dev/null || true
mkdir -p ".$work" # after that, as it may be below /tmp
mount --rbind "$work" ".$work"

# Without a login shell's PATH, dockerd does not find containerd, runc and iptables.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
pivot_root . old
# The first process of a process namespace adopts orphans, and containerd leaves many. So a shell, which reaps them, stays.
# shellcheck disable=SC2016 # expanded by the inner shell
exec chroot . /bin/sh -c 'umount -l /old; "$@" & wait' sh "$@"
