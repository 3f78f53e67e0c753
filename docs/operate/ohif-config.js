// OHIF's app-config.js for Undisc (tried with OHIF 3.13). Put Undisc's own address here, and nothing else needs a change.
const UNDISC = 'https://pictures.example';

(() => {
  // What is behind '#' in an address is sent to no server, so that no log ever has the secret.
  const given = new URLSearchParams(location.hash.slice(1));
  const link = given.get('link');
  const secret = given.get('secret');
  history.replaceState(null, '', location.pathname + location.search);
  const door = link ? `${UNDISC}/s/${encodeURIComponent(link)}/dicom-web` : `${UNDISC}/dicom-web`;

  const showsWhoAsks = {
    id: 'undisc.authorization',
    preRegistration({ servicesManager }) {
      servicesManager.services.userAuthenticationService.setServiceImplementation({
        getAuthorizationHeader: () => (secret ? { Authorization: `Bearer ${secret}` } : {}),
      });
    },
  };

  window.config = {
    routerBasename: null,
    extensions: [showsWhoAsks],
    modes: [],
    showStudyList: true,
    maxNumberOfWebWorkers: 3,
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    showLoadingIndicator: true,
    strictZSpacingForVolumeViewport: true,
    defaultDataSourceName: 'undisc',
    dataSources: [
      {
        namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
        sourceName: 'undisc',
        configuration: {
          friendlyName: 'Undisc',
          name: 'undisc',
          qidoRoot: door,
          wadoRoot: door,
          wadoUriRoot: `${door}/wado`,
          qidoSupportsIncludeField: true,
          supportsFuzzyMatching: true,
          supportsWildcard: true,
          imageRendering: 'wadors',
          thumbnailRendering: 'wadors',
          enableStudyLazyLoad: true,
          singlepart: 'bulkdata,video',
          bulkDataURI: { enabled: true },
        },
      },
    ],
  };
})();
