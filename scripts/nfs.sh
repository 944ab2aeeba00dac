#!/usr/bin/env bash
# The tests of spools and collectors on a real NFS: an NFS server and two clients in
# a Linux of its own (User Mode Linux), which takes no root, no network and no
# reboot. The machine's own files are its root, read-only.
#
#	apt-get install user-mode-linux nfs-common nfs-kernel-server kmod e2fsprogs iproute2
#	scripts/nfs.sh [REGEXP OF TESTS]
set -euo pipefail

tests=${1:-'TestKilledWritersAndCollectors|TestEightWritersOfTheSameKeys|TestCollectorsAtOnce|TestCollectSetsBadFilesAside|TestCollectLateCopies|TestFullDisk|TestMergeNetworkSource|TestDoneAcrossHosts'}

# What follows runs in the guest, as its first process.
power_off() { perl -e 'syscall(169, 0xfee1dead, 672274793, 0x4321fedc, 0)'; } # reboot(2)

serve() { # folder
	local state=/var/lib/nfs
	mount -t tmpfs none $state
	mkdir -p $state/{v4recovery,sm,rpc_pipefs,nfsdcltrack}
	touch $state/{etab,rmtab}
	mount -t nfsd none /proc/fs/nfsd
	# The server waits for clients of its last run at first. Ten seconds is the least.
	echo 10 >/proc/fs/nfsd/nfsv4gracetime
	exportfs -o fsid=0,rw,sync,no_root_squash,no_subtree_check,insecure "127.0.0.1:$1"
	rpc.mountd --no-nfs-version 3
	rpc.nfsd --no-nfs-version 3 --nfs-version 4.2 4
}

guest() {
	trap power_off EXIT
	mount -t proc none /proc
	mount -t sysfs none /sys
	mount -t tmpfs none /run
	mount -t tmpfs none /mnt
	mkdir /mnt/{disk,one,two,tmp}
	ip link set dev lo up
	modprobe --dirname "$work/modules" --all nfsd nfsv4
	mount -t ext4 /dev/ubda /mnt/disk
	chmod 777 /mnt/disk
	serve /mnt/disk
	for client in one two; do # which share nothing of what they remember
		mount -t nfs4 -o vers=4.2,nosharecache 127.0.0.1:/ "/mnt/$client"
	done
	grep nfs4 /proc/mounts
	cd /mnt/tmp
	local status=0
	TMPDIR=/mnt/tmp GALLEY_LAB=1 GALLEY_LONG=1 GALLEY_TEST_SHARED=/mnt/one:/mnt/two GALLEY_TEST_CLOCK=1 \
		"$work/transfer.test" -test.v -test.count 1 -test.run "$tests" || status=$?
	echo "guest: status $status"
}

if [[ ${work:-} ]]; then
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/
	guest
	exit
fi

cd "$(dirname "$0")/.."
for program in linux.uml mkfs.ext4 rpc.nfsd; do
	if ! PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null; then
		echo "$program is missing; see the packages at the head of $0" >&2
		exit 1
	fi
done
PATH=$PATH:/usr/sbin:/sbin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
CGO_ENABLED=0 go test -c -o "$folder/transfer.test" ./transfer
truncate --size 96M "$folder/disk"
mkfs.ext4 -q "$folder/disk"
mkdir -p "$folder/modules/lib/modules"
cp -r /usr/lib/uml/modules/* "$folder/modules/lib/modules/"
{
	echo '#!/bin/bash'
	declare -p tests
	echo "export work=$folder tests"
	echo "exec $(realpath "$0") \"\$tests\""
} >"$folder/init"
chmod 755 "$folder" "$folder/init"
timeout --kill-after 5 "${LIMIT:-1800}" linux.uml mem=768M root=/dev/root rootfstype=hostfs rootflags=/ ro \
	init="$folder/init" ubda="$folder/disk" con=null con0=null,fd:1 quiet | tee "$folder/log"
grep -q '^guest: status 0' "$folder/log"
