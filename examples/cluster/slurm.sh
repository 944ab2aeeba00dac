#!/usr/bin/env bash
# A Slurm of one node on this machine, to try the scripts of this folder without a
# cluster. It takes root, and listens on Slurm's usual ports.
#
#	slurm.sh install        the packages of Debian and Ubuntu
#	slurm.sh start FOLDER   starts it, with its files in FOLDER
#	slurm.sh stop FOLDER    stops it
#
# Then, for sbatch, squeue and the like: export SLURM_CONF=FOLDER/slurm.conf
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge)

install_packages() {
	apt-get update -q >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${packages[@]}" >/dev/null
}

# A requeued task waits until the credential of its last run has expired, which is two
# minutes as a rule; five seconds is the least.
configure() {
	local host
	host=$(hostname -s)
	cat >"$dir/slurm.conf" <<-CONF
		ClusterName=try
		SlurmctldHost=$host(127.0.0.1)
		NodeName=$host NodeAddr=127.0.0.1 CPUs=64
		PartitionName=try Nodes=ALL Default=YES
		AuthType=auth/munge
		AuthInfo=cred_expire=5
		SlurmUser=root
		SlurmdUser=root
		StateSaveLocation=$dir/state
		SlurmdSpoolDir=$dir/node
		SlurmctldPidFile=$dir/slurmctld.pid
		SlurmdPidFile=$dir/slurmd.pid
		SlurmctldLogFile=$dir/slurmctld.log
		SlurmdLogFile=$dir/slurmd.log
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		SlurmdParameters=config_overrides
		SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
	CONF
}

start() {
	mkdir -p "$dir/state" "$dir/node"
	configure
	[[ -s /etc/munge/munge.key ]] || mungekey --create
	install -d -o munge -g munge /run/munge
	if ! munge --no-input >/dev/null 2>&1; then
		runuser -u munge -- munged --pid-file="/run/munge/try.pid"
		touch "$dir/own-munge"
	fi
	export SLURM_CONF=$dir/slurm.conf
	slurmctld
	slurmd
	for _ in {1..100}; do
		[[ $(sinfo --noheader --format=%t 2>/dev/null) == idle ]] && return
		sleep 0.1
	done
	echo "the node did not become idle:" >&2
	tail -n 20 "$dir"/slurm*.log >&2
	return 1
}

stop() {
	for daemon in slurmd slurmctld; do
		end "$dir/$daemon.pid"
	done
	if [[ -e $dir/own-munge ]]; then
		end /run/munge/try.pid
	fi
}

end() { # of the process whose number is in a file
	local pid
	[[ -s $1 ]] || return 0
	pid=$(<"$1")
	kill "$pid" 2>/dev/null || return 0
	for _ in {1..100}; do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -9 "$pid"
}

case ${1:-} in
install) install_packages ;;
start | stop)
	dir=$(realpath "${2:?a folder}")
	"$1"
	;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
